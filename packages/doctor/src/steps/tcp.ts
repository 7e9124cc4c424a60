import { connect, type Socket } from "node:net";
import { type Deadline, type Endpoint, within } from "@rds-proxy/core";
import { networkCauses } from "../causes/network-causes.js";
import { codeOf, type Finding, failed, messageOf } from "../finding.js";

/** Opens a connection. Whoever calls destroys the socket in the end. */
export async function dial(endpoint: Endpoint, deadline: Deadline): Promise<Finding<Socket>> {
  const socket = connect(endpoint.port, endpoint.host);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("connect", resolve);
  // Stays to the end: what comes later must not end the process.
  socket.on("error", reject);
  try {
    await within(promise, deadline, noAnswer);
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
    learned: socket,
  };
}

function noAnswer(): Error {
  return Object.assign(new Error("nothing answered in time"), { code: "ETIMEDOUT" });
}
