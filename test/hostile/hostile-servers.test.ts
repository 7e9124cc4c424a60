import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExecutionEnvironment, InvocationError, peakMemory } from "@rds-proxy/lambda-kit/environment";
import fc from "fast-check";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createCertificates } from "../../packages/core/src/testing/certificates.js";
import { adapters, type TestedAdapter } from "../support/adapters.js";
import { bundleHandler } from "../support/bundle-handler.js";
import type { Script } from "../support/handlers/scripted-handler.js";
import { type Attack, type HostileServer, startHostileServer } from "./hostile-server.js";
import { mysqlProtocol } from "./mysql-protocol.js";
import { postgresProtocol } from "./postgres-protocol.js";
import { type Protocol, type ServerSocket, type Stage, stages } from "./protocol.js";

const protocols: Readonly<Record<TestedAdapter["engine"], Protocol>> = {
  postgres: postgresProtocol,
  mysql: mysqlProtocol,
};

const SCRIPT: Script = { steps: [{ query: "select" }] };
const TIMEOUT_MS = 250;
/** For a cold start's own work, and for what arrives between two reads from a fast server. */
const MOST_MEMORY = 64 * 2 ** 20;

const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const anyByte = fc.nat({ max: 255 });

/** All kinds of attacks, which fast-check shows by their names. */
function wordsOf(protocol: Protocol): fc.Arbitrary<(honest: Buffer) => Buffer> {
  const named = <Values extends unknown[]>(
    name: string,
    values: fc.Arbitrary<Values>,
    say: (honest: Buffer, ...values: Values) => Buffer,
  ): fc.Arbitrary<(honest: Buffer) => Buffer> =>
    values.map((drawn) =>
      Object.assign((honest: Buffer) => say(honest, ...drawn), {
        [fc.toStringMethod]: () => `${name}(${fc.stringify(drawn)})`,
      }),
    );
  return fc.oneof(
    named("nothing", fc.tuple(), () => Buffer.alloc(0)),
    named("an error", fc.tuple(), () => protocol.error),
    named("garbage", fc.tuple(anyBytes), (_, bytes) => bytes),
    named("half of it", fc.tuple(fc.double({ min: 0, max: 1, noNaN: true })), (honest, share) =>
      honest.subarray(0, Math.floor(honest.length * share)),
    ),
    named(
      "it with changes",
      fc.tuple(fc.array(fc.tuple(fc.nat(), anyByte), { minLength: 1, maxLength: 5 })),
      (honest, changes) => {
        const changed = Buffer.from(honest);
        for (const [at, byte] of changes) changed[at % changed.length] = byte;
        return changed;
      },
    ),
    named("it and garbage", fc.tuple(anyBytes), (honest, bytes) => Buffer.concat([honest, bytes])),
    named(
      "messages without sense",
      fc.tuple(fc.array(fc.tuple(fc.nat(), anyBytes), { minLength: 1, maxLength: 4 })),
      (_, messages) =>
        Buffer.concat(messages.map(([type, body], index) => protocol.message(type, body, index))),
    ),
    named("a huge length", fc.tuple(anyBytes), (_, bytes) => Buffer.concat([protocol.hugeHeader, bytes])),
  );
}

/** Messages that never end. */
function endlessWords({ endless, hugeHeader }: Protocol) {
  const more = Buffer.alloc(2 ** 16, 1);
  return [
    { what: "a message without an end", first: hugeHeader, again: more },
    { what: "message after message", first: Buffer.alloc(0), again: endless },
  ];
}

/** Sends it again and again, as fast as the client reads. */
function pour(socket: ServerSocket, words: Buffer): void {
  while (!socket.destroyed) {
    if (socket.write(words)) continue;
    socket.once("drain", () => pour(socket, words));
    return;
  }
}

/** An ORM sees of a server only what its driver passes on. */
const drivers = adapters.filter(({ over }) => over === undefined);

describe.each(drivers)("$name", ({ engine, handlerFile }) => {
  const protocol = protocols[engine];
  let bundle: string;
  beforeAll(async () => {
    const { file, remove } = await bundleHandler(handlerFile);
    bundle = file;
    return remove;
  });

  async function start(): Promise<{ server: HostileServer; lambda: ExecutionEnvironment }> {
    const certificates = await createCertificates("localhost");
    const server = await startHostileServer(protocol, certificates);
    const folder = await mkdtemp(join(tmpdir(), "rds-proxy-hostile-"));
    const caFile = join(folder, "ca.pem");
    await writeFile(caFile, certificates.ca);
    const lambda = await ExecutionEnvironment.start({
      program: [bundle],
      variables: {
        RDS_PROXY_ENDPOINT: `localhost:${server.port}`,
        RDS_PROXY_USER: "app",
        RDS_PROXY_DATABASE: "app",
        AWS_REGION: "eu-west-1",
        AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
        AWS_SECRET_ACCESS_KEY: "secret",
        NODE_EXTRA_CA_CERTS: caFile,
        TEST_OPTIONS: JSON.stringify({ prefetch: false }),
      },
    });
    onTestFinished(async () => {
      // mysql2 may print that packets come out of order, a few times.
      expect((await lambda.stop()).length).toBeLessThan(100_000);
      await server.close();
      await rm(folder, { recursive: true });
    });
    // Without an attack the server serves the invocation.
    await lambda.invoke(SCRIPT);
    return { server, lambda };
  }

  /** A new connection is attacked: the invocation fails in time with a documented error, and the next one succeeds. */
  async function suffer(
    { server, lambda }: { server: HostileServer; lambda: ExecutionEnvironment },
    stage: Stage,
    attack: Attack,
  ): Promise<void> {
    server.dropAll();
    server.plan = { stage, attack };
    const outcome: unknown = await lambda
      .invoke(SCRIPT, { timeoutMs: TIMEOUT_MS })
      .catch((error: unknown) => error);
    server.plan = undefined;
    server.dropAll();
    // Some random bytes are a valid message.
    if (outcome instanceof InvocationError) {
      expect(outcome).toMatchObject({ kind: "handler" });
      // At a later stage the login may already have succeeded.
      if (stage === "greeting") expect(outcome).toMatchObject({ name: "RdsProxyError" });
    }
    await lambda.invoke(SCRIPT);
  }

  test.each(stages)(
    "whatever is said in place of the %s, the process lives on",
    { timeout: 120_000 },
    async (stage) => {
      const stageSet = await start();
      const hostilities = fc.record({
        words: wordsOf(protocol),
        ending: fc.constantFrom("closed", "reset", "open"),
      });
      await fc.assert(
        fc.asyncProperty(hostilities, async ({ words, ending }) => {
          await suffer(stageSet, stage, (socket, honest) => {
            socket.write(words(honest));
            if (ending === "closed") socket.end();
            if (ending === "reset") socket.destroy();
          });
        }),
        { numRuns: 25, endOnFailure: true },
      );
    },
  );

  test.each(stages.flatMap((stage) => endlessWords(protocol).map((words) => ({ stage, ...words }))))(
    "$what in place of the $stage is cut off before it fills the memory",
    async ({ stage, first, again }) => {
      const scene = await start();
      const before = await peakMemory(scene.lambda.pid);
      const isCut = Promise.withResolvers<void>();
      await suffer(scene, stage, (socket) => {
        socket.once("close", () => isCut.resolve());
        socket.write(first);
        pour(socket, again);
      });
      // A statement's result may be of any length; the invocation's timeout ends it.
      await isCut.promise;
      if (stage === "answer to a statement") return;
      expect((await peakMemory(scene.lambda.pid)) - before).toBeLessThan(MOST_MEMORY);
    },
  );
});
