import { App } from "aws-cdk-lib";
import { ShopStack } from "./shop-stack.js";

const app = new App();
new ShopStack(app, "ShopPostgres", { engine: "postgres" });
new ShopStack(app, "ShopMysql", { engine: "mysql" });
