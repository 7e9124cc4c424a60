import { usualHandler } from "./usual-handler.js";

export const handler = usualHandler();
