import { signer } from "../endpoint.js";
import { usualHandler } from "./usual-handler.js";

// The snippet as it is found most often: one token, signed at cold start and kept in the pool's configuration.
export const handler = usualHandler({ password: await signer.getAuthToken(), enableCleartextPlugin: true });
