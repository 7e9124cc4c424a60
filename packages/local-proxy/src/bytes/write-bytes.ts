import type { Duplex } from "node:stream";

/** Writes, and resolves when the stream accepts more. Bytes for a closed stream are dropped without an error. */
export async function writeBytes(stream: Duplex, bytes: Buffer): Promise<void> {
  if (bytes.length === 0 || stream.destroyed || stream.writableEnded) return;
  if (stream.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
  });
}
