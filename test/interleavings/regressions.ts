/** Schedules that once broke a promise. */
export const REGRESSIONS: readonly { readonly name: string; readonly schedule: string }[] = [
  {
    name: "a released client that the server does not close makes no caller of a pg.Pool wait",
    schedule: "pg-pool 1: connect release-error / connect release / silence @ 0.0.0.1",
  },
  {
    name: "nor does one that is released between an error and the end of its answer",
    schedule:
      "pg-pool 2: connect release / connect release-error / connect fail release-error @ 2.0.0.0.3.2.2.2.1.1.2",
  },
  {
    name: "an invocation that uses Sequelize does not get the transaction that another one began while both ran",
    schedule: "sequelize 1: acquire release / acquire begin release / acquire send release @ 0.0.0.0.0.2",
  },
  {
    name: "a connection that Sequelize's supervisor closes for its session state goes to no waiting caller",
    schedule: "sequelize 1: acquire set release / acquire release / acquire query destroy @",
  },
  {
    name: "a connection of Sequelize's is discarded once",
    schedule: "sequelize 1: acquire send destroy @",
  },
  {
    name: "session state of an invocation that timed out reaches no later statement of Sequelize's",
    schedule: "sequelize 1: acquire set destroy / acquire query begin release @",
  },
  {
    name: "an invocation that waits for Sequelize's connection when it is closed fails with RDS_PROXY_CLOSED",
    schedule:
      "sequelize 1: acquire fail destroy / acquire release / acquire destroy / acquire destroy / close / close-idle @ 0.3.0.0.2",
  },
  {
    name: "session state that ends while its connection is being validated reaches no later statement of Sequelize's",
    schedule: "sequelize 1: acquire set begin send destroy / acquire destroy @ 1.0.1",
  },
  {
    name: "an invocation that uses Sequelize does not fail with the connect of one that has ended",
    schedule: "sequelize 2: acquire release / acquire set release / acquire destroy @ 0.0.3.1.0.0.0.0.0.0.1",
  },
  {
    name: "a statement that an invocation left behind when it ended does not run in the transaction that another began",
    schedule:
      "sequelize 1: acquire begin release / acquire fail send release / exhaust @ 2.0.0.0.0.1.0.2.3.3.2.0.1",
  },
  {
    name: "a validation in Sequelize's pool rolls nothing back that began meanwhile",
    schedule:
      "sequelize 1: acquire release / acquire fail begin destroy / acquire release / nap / prefetch @ 1.1.0.4.4.5.0.2.0.0.1.2",
  },
  {
    name: "a connection that a pg.Pool keeps although it came too late for its caller is reported as opened",
    schedule:
      "pg-pool 1: connect release-error / connect release / exhaust / freeze / freeze-fin @ 1.1.5.3.0.3.1.0.0.0.1",
  },
  {
    name: "so is one of a pool of mysql2's",
    schedule:
      "mysql-pool 1: connect release / connect release-error / connect release / connect release / freeze-fin / drop @ 0.1.2.4.1.0.3.2.0.0.1.0.2.2",
  },
  {
    name: "a caller of a pg.Pool fails with the login that it waits for, and not for want of a place",
    schedule:
      "pg-pool 2: connect send query release-error / connect release / connect begin release / connect release @ 1.4.1.3.4.0.0.0.1.0.2.1.1.0.0.1.2.1.0.1.1.0.1.0.0.0.1",
  },
  {
    name: "an invocation does not fail for want of a place while Sequelize's pool connects for one with more time",
    schedule:
      "sequelize 3: acquire destroy / acquire send begin release / nap / close-idle / prefetch @ 4.4.0.0.3.2.1.2.0.1.1.1.1.2.2",
  },
];
