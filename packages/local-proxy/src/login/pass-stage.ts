import { ConnectionGone } from "../bytes/byte-reader.js";
import type { ClientSocket } from "../client/client-socket.js";
import type { ConnectFault, LoginStage } from "../faults/faults.js";

/** Applies a fault for this stage: closes or ignores the connection, and then rejects with {@link ConnectionGone}. */
export async function passStage(
  client: ClientSocket,
  stage: LoginStage,
  fault: ConnectFault | undefined,
): Promise<void> {
  switch (fault) {
    case `reset-${stage}`:
      await client.reset();
      break;
    case `close-${stage}`:
      await client.end();
      break;
    case `silence-${stage}`:
      await client.swallow();
      break;
    default:
      return;
  }
  throw new ConnectionGone(`Fault ${fault}`);
}
