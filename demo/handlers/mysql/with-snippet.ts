import { signer } from "../endpoint.js";
import { usualHandler } from "./usual-handler.js";

// A plugin for the password, which is a fixed string otherwise, so that each login signs a token.
export const handler = usualHandler({
  authPlugins: { mysql_clear_password: () => async () => Buffer.from(`${await signer.getAuthToken()}\0`) },
});
