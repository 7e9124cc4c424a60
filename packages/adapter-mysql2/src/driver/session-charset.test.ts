import type { Connection } from "mysql2";
import { describe, expect, it, vi } from "vitest";
import { guardCharset } from "./session-charset.js";

function guarded() {
  const changeUser = vi.fn(() => "changed");
  const stub = { config: { charsetNumber: 45 }, handlePacket: () => undefined, changeUser };
  const connection: Connection = Object(stub);
  guardCharset(connection, () => undefined);
  return { change: (...args: unknown[]) => Reflect.apply(stub.changeUser, stub, args), changeUser };
}

describe("changeUser()", () => {
  it.each([{ charset: "UTF8MB4_BIN" }, { charset: "utf8" }, { user: "other" }, undefined])(
    "is passed on with %o",
    (options) => {
      const { change, changeUser } = guarded();
      const callback = (): void => undefined;
      expect(change(options, callback)).toBe("changed");
      expect(changeUser).toHaveBeenCalledExactlyOnceWith(options, callback);
    },
  );

  it.each(["SJIS_JAPANESE_CI", "gbk"])("with a character set that is not safe is refused: %s", (charset) => {
    const { change, changeUser } = guarded();
    expect(() => change({ charset })).toThrow(
      expect.objectContaining({ code: "RDS_PROXY_UNSUPPORTED", message: expect.stringContaining(charset) }),
    );
    expect(changeUser).not.toHaveBeenCalled();
  });
});
