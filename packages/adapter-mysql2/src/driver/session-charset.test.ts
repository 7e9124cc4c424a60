import type { Connection } from "mysql2";
import { describe, expect, it, vi } from "vitest";
import { guardCharset, type RefuseStatement, unsafeCharset } from "./session-charset.js";

const REMEDY =
  "Use utf8mb4 (SET NAMES utf8mb4), from which the server converts to the character set of each column.";

const header = (): void => undefined;
/** Commands of mysql2 that wait for the answer to a statement. */
const ANSWERED = { next: header, resultsetHeader: header };
const ANSWERED_LOAD = { next: header, infileOk: header };
const IN_ROWS = { next: () => undefined, resultsetHeader: header, infileOk: header };

/** A packet in the middle of a buffer: an OK that reports these values, of one byte for their length each. */
function okPacket(changes: Readonly<Record<string, string>>) {
  const entries = Object.entries(changes).flatMap(([name, value]) => {
    const entry = [name.length, ...Buffer.from(name), value.length, ...Buffer.from(value)];
    return [0, entry.length, ...entry];
  });
  const bytes = [0, 0, 0, 0, 0x40, 0, 0, 0, entries.length, ...entries];
  return { buffer: Buffer.from([1, 2, 3, ...bytes, 4]), offset: 3, end: 3 + bytes.length };
}

/** As much of mysql2's connection as is guarded. */
function guarded({ refuse = () => undefined }: { refuse?: RefuseStatement } = {}) {
  const config = { charsetNumber: 45 };
  const changeUser = vi.fn(() => "changed");
  const handlePacket = vi.fn((_packet?: object): unknown => "handled");
  const stub: {
    config: typeof config;
    _command: object | undefined;
    handlePacket(packet?: object): unknown;
    changeUser: (...args: unknown[]) => unknown;
  } = { config, _command: undefined, handlePacket, changeUser };
  const connection: Connection = Object(stub);
  const onChange = vi.fn();
  const charset = guardCharset(connection, refuse, onChange);
  return { stub, config, charset, onChange, handlePacket, changeUser };
}

describe("changeUser()", () => {
  it.each([
    { charset: "UTF8MB4_BIN" },
    { charset: "utf8" },
    { charset: 45 },
    { user: "other" },
    undefined,
    null,
  ])("is passed on with %o", (options) => {
    const { stub, changeUser } = guarded();
    const callback = (): void => undefined;
    expect(stub.changeUser(options, callback)).toBe("changed");
    expect(changeUser).toHaveBeenCalledExactlyOnceWith(options, callback);
  });

  it.each(["SJIS_JAPANESE_CI", "gbk", ""])(
    "with a character set that is not safe is refused: %j",
    (charset) => {
      const { stub, changeUser } = guarded();
      expect(() => stub.changeUser({ charset })).toThrow(
        expect.objectContaining({
          code: "RDS_PROXY_UNSUPPORTED",
          message: `charset: Values cannot be written safely into statements in the character set ${charset}. ${REMEDY}`,
        }),
      );
      expect(changeUser).not.toHaveBeenCalled();
    },
  );
});

describe("the character set of a session", () => {
  it("is followed in the answers to statements", () => {
    const { stub, charset, onChange, handlePacket } = guarded();
    expect(charset.unsafe).toBeUndefined();
    for (const [command, changes, expected] of [
      [ANSWERED, { autocommit: "ON" }, undefined],
      [ANSWERED, { character_set_client: "gbk" }, "gbk"],
      [ANSWERED, { autocommit: "ON" }, "gbk"],
      [ANSWERED_LOAD, { character_set_client: "sjis" }, "sjis"],
      [ANSWERED, { character_set_client: "utf8mb4" }, undefined],
    ] as const) {
      stub._command = command;
      const packet = okPacket(changes);
      expect(stub.handlePacket(packet)).toBe("handled");
      expect(handlePacket).toHaveBeenLastCalledWith(packet);
      expect(charset.unsafe).toBe(expected);
      expect(onChange).toHaveBeenLastCalledWith(command);
    }
    expect(onChange).toHaveBeenCalledTimes(5);
  });

  it.each([
    ["without a command", undefined],
    ["of a row", IN_ROWS],
    ["of a command that has not begun", {}],
  ])("is not read from a packet %s", (_, command) => {
    const { stub, charset, onChange, handlePacket } = guarded();
    stub._command = command;
    expect(stub.handlePacket(okPacket({ character_set_client: "gbk" }))).toBe("handled");
    expect(handlePacket).toHaveBeenCalledOnce();
    expect([charset.unsafe, onChange.mock.calls]).toEqual([undefined, []]);
  });

  it("is left alone when mysql2 looks for a command and there is none", () => {
    expect(guarded().stub.handlePacket()).toBe("handled");
  });

  it("has not changed where an answer says nothing of it", () => {
    const { stub, onChange } = guarded();
    stub._command = ANSWERED;
    const ok = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
    expect(stub.handlePacket({ buffer: ok, offset: 0, end: ok.length })).toBe("handled");
    expect(onChange).not.toHaveBeenCalled();
  });
});

describe("the number of the character set that mysql2 encodes statements by", () => {
  it("is each connection's own, though mysql2 keeps it in a configuration that they share", () => {
    const { stub, config, handlePacket } = guarded();
    stub._command = ANSWERED;
    const seen: number[] = [];
    const handle = (next: number): void => {
      handlePacket.mockImplementationOnce(() => {
        seen.push(config.charsetNumber);
        config.charsetNumber = next;
        return "handled";
      });
      expect(stub.handlePacket(okPacket({}))).toBe("handled");
      // Another connection's.
      config.charsetNumber = 8;
    };
    handle(28);
    handle(33);
    handle(45);
    expect(seen).toEqual([45, 28, 33]);
  });

  it("is kept also when mysql2 throws, and is not taken anew for a packet that another one handles", () => {
    const { stub, config, handlePacket } = guarded();
    stub._command = ANSWERED;
    const seen: number[] = [];
    handlePacket.mockImplementationOnce(() => {
      config.charsetNumber = 28;
      // mysql2 starts the next command while it handles the last packet of the one before.
      stub.handlePacket();
      throw new Error("of a listener");
    });
    handlePacket.mockImplementation(() => seen.push(config.charsetNumber));
    expect(() => stub.handlePacket(okPacket({}))).toThrow("of a listener");
    config.charsetNumber = 8;
    stub.handlePacket(okPacket({}));
    expect(seen).toEqual([28, 28]);
  });
});

describe("a statement that must not be sent", () => {
  function start(command: object, reason: string | undefined) {
    const refuse = vi.fn<RefuseStatement>(() => reason);
    const { stub, handlePacket } = guarded({ refuse });
    stub._command = command;
    stub.handlePacket();
    expect(handlePacket).toHaveBeenCalledExactlyOnceWith(undefined);
    return { stub, handlePacket, refuse };
  }

  /** Takes the two steps that mysql2 takes with a command. */
  function run(command: object): unknown {
    const first: unknown = Reflect.apply(Reflect.get(command, "start"), command, []);
    if (typeof first !== "function") throw new Error("the command has no next step");
    return first();
  }

  it("fails with the reason, after mysql2's pool has added its listeners", async () => {
    const onResult = vi.fn();
    const command = { sql: "select ?", values: ["a"], onResult };
    const { refuse, handlePacket } = start(command, "not now");
    expect(refuse).toHaveBeenCalledExactlyOnceWith("select ?", ["a"]);
    expect(run(command)).toBe(null);
    expect(handlePacket).toHaveBeenCalledOnce();
    await new Promise(process.nextTick);
    expect(handlePacket).toHaveBeenCalledTimes(2);
    expect(onResult).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: "RDS_PROXY_UNSUPPORTED", message: "not now" }),
    );
  });

  it("emits the error if it has no callback, and is not continued if it is no longer the current one", async () => {
    const emit = vi.fn();
    const command = { sql: "select ?", emit };
    const { stub, handlePacket } = start(command, "not now");
    run(command);
    expect(emit).toHaveBeenCalledExactlyOnceWith("error", expect.objectContaining({ message: "not now" }));
    stub._command = undefined;
    await new Promise(process.nextTick);
    expect(handlePacket).toHaveBeenCalledOnce();
  });

  it.each([
    [{ sql: "select 1", next: header }],
    [{ sql: "select 1", statement: undefined }],
    [{ query: "select 1" }],
  ])("is not asked about when a command is no statement, or has been sent: %o", (command) => {
    expect(start(command, "not now").refuse).not.toHaveBeenCalled();
    expect(command).not.toHaveProperty("start");
  });

  it("is the only one that fails", () => {
    const command = { sql: "select 1" };
    const { refuse } = start(command, undefined);
    expect(refuse).toHaveBeenCalledOnce();
    expect(command).not.toHaveProperty("start");
  });

  it("names the character set and the remedy", () => {
    expect(unsafeCharset("gbk")).toContain(`the character set gbk. ${REMEDY}`);
  });
});
