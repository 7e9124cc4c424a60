import { connect, type Socket } from "node:net";
import { type Deadline, type Endpoint, within } from "@rds-proxy/core/adapter";
import { lookUp } from "@rds-proxy/core/diagnosis";
import { networkCauses } from "../causes/network-causes.js";
import { codeOf, messageOf } from "../error-text.js";
import { type Finding, failed } from "../finding.js";

/** Opens a TCP connection. The caller destroys the socket. */
export async function dial(endpoint: Endpoint, deadline: Deadline): Promise<Finding<Socket>> {
  const { host, port } = endpoint;
  const socket = connect({ host, port, lookup: lookUp });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("connect", resolve);
  // Never removed: an "error" event without a listener would end the process.
  socket.on("error", reject);
  try {
    await within(promise, deadline, connectTimeout);
  } catch (error) {
    socket.destroy();
    return failed(
      `${endpoint.host}:${endpoint.port} could not be reached: ${messageOf(error)}.`,
      networkCauses(endpoint, codeOf(error)),
    );
  }
  return {
    outcome: "ok",
    facts: [
      { name: "from", value: `${socket.localAddress}:${socket.localPort}` },
      { name: "to", value: `${socket.remoteAddress}:${socket.remotePort}` },
    ],
    result: socket,
  };
}

function connectTimeout(): Error {
  return Object.assign(new Error("nothing answered in time"), { code: "ETIMEDOUT" });
}
