import { once } from "node:events";
import { Socket } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { admitOnePacket } from "./clear-text-gate.js";

/** A packet whose body is as long as given. */
function packet(length: number): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(length, 0, 3);
  return Buffer.concat([header, Buffer.alloc(length, 1)]);
}

/** What comes through of the bytes, cut at these places. */
function admit(bytes: Buffer, cuts: readonly number[]) {
  const socket = new Socket();
  socket.on("error", () => undefined);
  admitOnePacket(socket);
  const places = [0, ...cuts.toSorted((one, other) => one - other), bytes.length];
  places.slice(1).forEach((end, index) => {
    if (!socket.destroyed) socket.push(bytes.subarray(places[index], end));
  });
  const read: Buffer | null = socket.read();
  return { socket, admitted: read?.length ?? 0 };
}

const lengths = fc.nat({ max: 300 });
const cuts = (bytes: Buffer) => fc.array(fc.nat({ max: bytes.length }), { maxLength: 10 });

describe("before TLS", () => {
  it("one packet is passed on, however it is split", () => {
    fc.assert(
      fc.property(
        lengths.chain((length) => fc.tuple(fc.constant(packet(length)), cuts(packet(length)))),
        ([bytes, places]) => {
          const { socket, admitted } = admit(bytes, places);
          expect(socket.destroyed).toBe(false);
          expect(admitted).toBe(bytes.length);
        },
      ),
    );
  });

  it("the end of the stream is passed on", async () => {
    const { socket } = admit(packet(3), []);
    socket.push(null);
    await once(socket.resume(), "end");
  });

  it("one byte more closes the connection, however it is split, and is not passed on", () => {
    fc.assert(
      fc.property(
        lengths.chain((length) => {
          const bytes = Buffer.concat([packet(length), Buffer.from([7])]);
          return fc.tuple(fc.constant(bytes), cuts(bytes));
        }),
        ([bytes, places]) => {
          const { socket, admitted } = admit(bytes, places);
          expect(socket.destroyed).toBe(true);
          expect(socket.errored).toMatchObject({
            message: "the server spoke in clear text",
            cause: {
              code: "RDS_PROXY_TLS",
              message:
                "The server sent more than its greeting before TLS began, which no server does: something between this process " +
                "and the endpoint changes the data. Nothing was signed.",
            },
          });
          expect(socket.push(Buffer.from("more"))).toBe(false);
          expect(admitted).toBeLessThan(bytes.length);
        },
      ),
    );
  });
});
