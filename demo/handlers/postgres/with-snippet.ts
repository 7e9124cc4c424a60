import { signer } from "../endpoint.js";
import { usualHandler } from "./usual-handler.js";

// A function for the password, so that each login signs a token.
export const handler = usualHandler(() => signer.getAuthToken());
