import { createSigner } from "@rds-proxy/lambda-kit/snippets/signer";
import { usualHandler } from "./usual-handler.js";

// The most common form of the snippet: one token, signed at cold start and kept in the pool's configuration.
export const handler = usualHandler(await createSigner().getAuthToken());
