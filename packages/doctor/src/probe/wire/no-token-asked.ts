import { ProbeError } from "./wire.js";

/** The server wants something else than a token. */
export class NoTokenAsked extends ProbeError {}
