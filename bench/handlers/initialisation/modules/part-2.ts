import { compute } from "./compute.js";

compute();
