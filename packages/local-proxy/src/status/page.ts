/**
 * The page: shows `/state`, once a second. Sets everything as text, never as HTML, since statements may contain
 * anything.
 */
export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Local RDS Proxy</title>
<style>
  body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1b2733; }
  h1 { font-size: 1.3rem; } h2 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid #dde3e9; vertical-align: top; }
  th { font-weight: 600; color: #5a6b7b; } td.sql { font-family: ui-monospace, monospace; white-space: pre-wrap; }
  #numbers { display: flex; flex-wrap: wrap; gap: 1rem 2rem; margin: 1rem 0; }
  #numbers b { display: block; font-size: 1.5rem; } .none { color: #8a97a4; }
  #gauge { height: 1rem; background: #eef2f5; display: flex; } #gauge i { height: 100%; }
  .borrowed { background: #2f7ed8; } .pinned { background: #d8662f; } .idle { background: #b8c9da; }
  tr.is-pinned td { background: #fdf1ea; } tr.is-waiting td { background: #fdf9e3; }
  @media (prefers-color-scheme: dark) {
    body { background: #14191f; color: #dce4ec; } th, td { border-color: #2c3742; } #gauge { background: #232c35; }
    tr.is-pinned td { background: #3a2619; } tr.is-waiting td { background: #37321a; }
  }
</style>
<h1>Local RDS Proxy <span id="url"></span> <span id="lost" hidden>(gone)</span></h1>
<div id="numbers"></div>
<div id="gauge" title="database connections: pinned, borrowed, idle"></div>
<h2>Clients</h2>
<table><thead><tr><th>client<th>from<th>user<th>state<th>waits<th>database connection</thead><tbody id="clients"></tbody></table>
<h2>Pinned sessions, the latest first</h2>
<table><thead><tr><th>client<th>database connection<th>reason<th>statement</thead><tbody id="pins"></tbody></table>
<script type="module">
  const element = (id) => document.getElementById(id);
  const create = (name, text, className = "") => Object.assign(document.createElement(name), { textContent: String(text), className });
  const row = (cells, className = "") => {
    const tr = create("tr", "", className);
    tr.append(...cells.map(([text, cellClass]) => create("td", text ?? "", cellClass)));
    return tr;
  };
  const fill = (id, rows, columns) => {
    const none = create("td", "none", "none");
    none.colSpan = columns;
    const empty = document.createElement("tr");
    empty.append(none);
    element(id).replaceChildren(...(rows.length > 0 ? rows : [empty]));
  };
  const show = ({ url, metrics, clients, pins }) => {
    const pinned = metrics.DatabaseConnectionsCurrentlySessionPinned;
    const borrowed = metrics.DatabaseConnectionsCurrentlyBorrowed;
    const idle = Math.max(0, metrics.DatabaseConnections - borrowed);
    element("url").textContent = url;
    element("numbers").replaceChildren(...[
      ["clients", metrics.ClientConnections],
      ["database connections", metrics.DatabaseConnections + " of " + metrics.MaxDatabaseConnectionsAllowed],
      ["borrowed", borrowed],
      ["pinned", pinned],
      ["waiting", metrics.DatabaseConnectionRequestsWaiting],
      ["mean wait", (metrics.DatabaseConnectionsBorrowLatency / 1000).toFixed(1) + " ms"],
      ["statements", metrics.QueryRequests],
      ["refused logins", metrics.ClientConnectionsSetupFailedAuth],
    ].map(([name, value]) => {
      const box = create("div", name);
      box.prepend(create("b", value));
      return box;
    }));
    element("gauge").replaceChildren(...[["pinned", pinned], ["borrowed", borrowed - pinned], ["idle", idle]].map(([name, count]) => {
      const bar = create("i", "", name);
      bar.style.width = (100 * Math.max(0, count)) / metrics.MaxDatabaseConnectionsAllowed + "%";
      return bar;
    }));
    fill("clients", clients.map((client) => row([
      [client.connection], [client.peer], [client.user],
      [client.isPinned ? client.state + ", pinned" : client.state],
      [client.waitingMs === undefined ? "" : client.waitingMs + " ms"], [client.databaseConnection],
    ], client.isPinned ? "is-pinned" : client.state === "waiting" ? "is-waiting" : "")), 6);
    fill("pins", pins.map((pin) => row([
      [pin.connection], [pin.databaseConnection], [pin.reason], [pin.digest, "sql"],
    ])), 4);
  };
  const refresh = async () => {
    try {
      show(await (await fetch("/state")).json());
      element("lost").hidden = true;
    } catch {
      element("lost").hidden = false;
    }
    setTimeout(refresh, 1000);
  };
  refresh();
</script>
</html>
`;
