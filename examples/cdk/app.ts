import { App } from "aws-cdk-lib";
import { ShopStack } from "./shop-stack.js";

const app = new App();
// By `-c reservedConcurrency=50`.
const limit: unknown = app.node.tryGetContext("reservedConcurrency");
const reservedConcurrency = limit === undefined ? undefined : Number(limit);
new ShopStack(app, "ShopPostgres", { engine: "postgres", reservedConcurrency });
new ShopStack(app, "ShopMysql", { engine: "mysql", reservedConcurrency });
