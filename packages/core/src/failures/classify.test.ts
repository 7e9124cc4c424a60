import { describe, expect, it } from "vitest";
import { serverError } from "../testing/wrappers.js";
import { classifyConnectFailure } from "./classify.js";

describe("the verdict on a failed connect", () => {
  it("takes the text of the error that decided, not of the wrapper around it", () => {
    const inner = serverError("53300", "sorry, too many clients already");
    const failure = classifyConnectFailure(new Error("pool could not connect", { cause: inner }), "postgres");
    expect(failure).toMatchObject({ kind: "exhausted", message: "sorry, too many clients already" });
  });

  it("takes the text from inside where the one with the code is silent, as for a name with two addresses", () => {
    const refused = ["::1", "127.0.0.1"].map((address) =>
      Object.assign(new Error(`connect ECONNREFUSED ${address}:5432`), { code: "ECONNREFUSED" }),
    );
    const error = Object.assign(new AggregateError(refused, ""), { code: "ECONNREFUSED" });
    expect(classifyConnectFailure(error, "postgres")).toMatchObject({
      kind: "dropped",
      message: "connect ECONNREFUSED ::1:5432",
    });
  });

  it("prefers a code anywhere inside to a text outside", () => {
    const inner = serverError("28P01", "IAM authentication failed for user app.");
    expect(
      classifyConnectFailure(new Error("Connection terminated", { cause: inner }), "postgres").kind,
    ).toBe("auth");
  });

  it("reads a text of a megabyte in linear time", () => {
    // Quadratic reading would take minutes.
    const message = "pg_hba.conf".repeat(200_000);
    expect(classifyConnectFailure(new Error(message), "postgres").kind).toBe("permanent");
  });

  it("looks at the text only where no code is known", () => {
    const error = serverError("28P01", "password authentication failed: certificate missing");
    expect(classifyConnectFailure(error, "postgres")).toMatchObject({ kind: "permanent", isTls: false });
  });

  it("ignores the class names of ORMs", () => {
    const error = Object.assign(new Error("unheard of"), { name: "SequelizeConnectionRefusedError" });
    expect(classifyConnectFailure(error, "postgres").kind).toBe("permanent");
  });

  it("does not take PostgreSQL's answers for those of another engine", () => {
    expect(classifyConnectFailure(serverError("57P03", "not now"), "mysql").kind).toBe("permanent");
  });

  it.each([
    ["3D000", 'database "shop" does not exist', "Check the option `database` or RDS_PROXY_DATABASE."],
    ["42501", 'permission denied for database "shop"', "Grant the user CONNECT on the database."],
    ["57014", "canceling statement due to user request", "The server cancelled the request."],
    ["28000", "The user name is missing.", "Set the option `user` or RDS_PROXY_USER."],
  ])("of PostgreSQL's %s says what to check", (code, message, remedy) => {
    expect(classifyConnectFailure(serverError(code, message), "postgres")).toMatchObject({
      kind: "permanent",
      remedy,
    });
  });

  it.each([
    ["28P01", "IAM authentication failed for user app.", "permanent", "leave out `secret`"],
    ["28000", "Enable IAM authentication for the client and try again.", "permanent", "leave out `secret`"],
    [
      "28P01",
      "The password that was provided for the role app is wrong.",
      "auth",
      "`secret.secretId` is the secret",
    ],
    ["1045", "Access denied for user 'app'@'%'", "auth", "`secret.secretId` is the secret"],
  ])("on a secret's password counts another remedy than on a token: %s %s", (code, message, kind, remedy) => {
    const refusal = serverError(code, message);
    const engine = code === "1045" ? "mysql" : "postgres";
    const failure = classifyConnectFailure(refusal, engine, "secret");
    expect(failure.kind).toBe(kind);
    expect(failure.remedy).toContain(remedy);
    expect(classifyConnectFailure(refusal, engine).remedy).not.toContain("secret.secretId");
  });

  it.each([undefined, null, "a text", 42, {}, new Error("")])(
    "of %o is permanent, since nothing is known",
    (thrown) => {
      const failure = classifyConnectFailure(thrown, "postgres");
      expect(failure).toMatchObject({ kind: "permanent", retry: "never", isTls: false });
      expect(failure.message).not.toBe("");
      expect(failure.remedy).toContain("see its cause");
    },
  );
});
