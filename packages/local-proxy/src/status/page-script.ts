/** The page's script. It sets everything as text, never as HTML, since statements may contain anything. */
export const pageScript = `
  const element = (id) => document.getElementById(id);
  const create = (name, text = "", className = "") => Object.assign(document.createElement(name), { textContent: String(text), className });
  const withChildren = (parent, ...children) => { parent.append(...children); return parent; };

  /** cells: [name, text, class] */
  const row = (cells, className = "") => withChildren(create("tr", "", className), ...cells.map(([name, text, cellClass]) => {
    const cell = create("td", text ?? "", cellClass);
    cell.dataset.name = name;
    return cell;
  }));
  const fill = (id, rows, columns) => {
    const none = create("td", "none", "none");
    none.colSpan = columns;
    element(id).replaceChildren(...(rows.length > 0 ? rows : [withChildren(create("tr"), none)]));
  };

  const seriesNames = [["clients", "clients"], ["borrowed", "borrowed"], ["pinned", "pinned"], ["waiting", "waiting"], ["statements", "statements"], ["refused", "refused"]];
  const svg = (name, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };
  const chart = (name, values) => {
    const most = Math.max(1, ...values);
    const step = 150 / Math.max(1, values.length - 1);
    const points = values.map((value, index) => (index * step).toFixed(1) + "," + (39 - (38 * value) / most).toFixed(1)).join(" ");
    const drawing = svg("svg", { viewBox: "0 0 150 40", preserveAspectRatio: "none", role: "img", "aria-label": name + ", at most " + Math.max(0, ...values) });
    drawing.append(svg("polyline", { points }));
    const caption = withChildren(create("figcaption"), create("span", name), create("span", "most: " + Math.max(0, ...values)));
    return withChildren(create("figure"), caption, drawing);
  };

  const showFaults = (choices) => {
    if (element("faults").childElementCount > 0) return;
    element("faults").append(...Object.entries(choices).map(([name, options]) => {
      const form = create("form");
      const button = create("button", name);
      form.append(button);
      if (options.length > 0) {
        const select = withChildren(create("select"), ...options.map((option) => create("option", option)));
        select.ariaLabel = name;
        form.append(select);
      }
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const body = JSON.stringify({ name, choice: form.querySelector("select")?.value });
        const response = await fetch("/faults", { method: "POST", headers: { "x-rds-proxy-local": "1" }, body });
        element("outcome").textContent = await response.text();
      });
      return form;
    }));
  };

  const show = ({ url, database, metrics, clients, pins, refusals, history, faults }) => {
    const pinned = metrics.DatabaseConnectionsCurrentlySessionPinned;
    const borrowed = metrics.DatabaseConnectionsCurrentlyBorrowed;
    const idle = Math.max(0, metrics.DatabaseConnections - borrowed);
    element("url").textContent = url;
    element("failure").hidden = database.failure === undefined;
    element("failure").textContent = "The database cannot be used: " + database.failure;
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
      bar.title = name + ": " + count;
      return bar;
    }));
    element("history").replaceChildren(...seriesNames.map(([name, key]) => chart(name, history.map((sample) => sample[key]))));
    fill("clients", clients.map((client) => row([
      ["client", client.connection], ["from", client.peer], ["user", client.user],
      ["state", client.isPinned ? client.state + ", pinned" : client.state],
      ["queries", client.queries],
      ["waits", client.waitingMs === undefined ? "" : client.waitingMs + " ms"], ["database connection", client.databaseConnection],
    ], client.isPinned ? "is-pinned" : client.state === "waiting" ? "is-waiting" : "")), 7);
    fill("pins", pins.map((pin) => row([
      ["client", pin.connection], ["database connection", pin.databaseConnection], ["statement", pin.digest, "sql"], ["reason", pin.reason],
    ])), 4);
    fill("refusals", refusals.map((refusal) => row([
      ["time", new Date(refusal.atMs).toLocaleTimeString()], ["client", refusal.connection], ["from", refusal.peer],
      ["error", refusal.error], ["reason", refusal.reason],
    ])), 5);
    showFaults(faults);
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
`;
