// Copyright (c) mailops.dms contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// What the audit page does beyond what its HTML shows: filter, search, the accounts, and the picture of the routes.
// Addresses are hostile input: everything is put into the page as text, and nothing as HTML.

"use strict";

(() => {
  const MOST_DRAWN = 60;
  const ROWS_AT_A_TIME = 50;
  const MOST_SUGGESTED = 20;
  const LONGEST_LABEL = 38;
  const LONGEST_REASONS = 20;
  const BROKEN = new Set(["undelivered", "deferred"]);
  const REFUSED = "not taken from senders";
  const KINDS = {
    account: "account",
    alias: "alias",
    "catch-all": "catch-all",
    "regex alias": "regex alias",
    external: "elsewhere",
    unknown: "bounces",
    local: "host itself",
    address: "address",
  };
  // What cannot be seen, or changes the direction of what stands behind it. The same as _dms_invisible of the role.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const INVISIBLE = /[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

  const report = JSON.parse(document.getElementById("report").textContent);
  const hosts = report.hosts.filter((host) => host.read);
  const search = document.getElementById("search");
  const chosenHost = document.getElementById("host");
  const graphs = new Map();

  // --- Elements

  function visible(text) {
    return String(text).replace(INVISIBLE, "\ufffd");
  }

  function fill(made, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      made.setAttribute(name, visible(value));
    }
    made.append(...children.map((child) => (child instanceof Node ? child : visible(child))));
    return made;
  }

  function element(name, attributes = {}, ...children) {
    return fill(document.createElement(name), attributes, children);
  }

  function drawing(name, attributes = {}, ...children) {
    return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
  }

  function addressText(address) {
    return element("bdi", { dir: "ltr", class: "address" }, address);
  }

  function routeButton(host, address, label = address) {
    const button = element("button", { type: "button", class: "route", title: `Draw the routes of ${address}` });
    button.append(addressText(label));
    button.addEventListener("click", () => choose(host.name, address));
    return button;
  }

  // --- What is searched for

  function query() {
    return search.value.trim().toLowerCase();
  }

  function isChosen(hostName) {
    return chosenHost.value === "" || chosenHost.value === hostName;
  }

  function hasQuery(text) {
    return text.toLowerCase().includes(query());
  }

  // --- Tables of which only so many rows are shown

  function pagedTable(section, columns, allRows) {
    const body = section.querySelector("tbody");
    const note = section.querySelector(".count");
    const more = section.querySelector(".more");
    let shown = ROWS_AT_A_TIME;

    function show() {
      const rows = allRows.filter((row) => isChosen(row.host.name) && hasQuery(row.text));
      body.replaceChildren(...rows.slice(0, shown).map((row) => tableRow(columns.map((column) => column(row)))));
      note.textContent = `${Math.min(shown, rows.length)} of ${rows.length} shown`;
      more.hidden = rows.length <= shown;
    }

    more.addEventListener("click", () => {
      const before = body.children.length;
      shown += ROWS_AT_A_TIME * 4;
      show();
      // Whoever uses the keyboard goes on where the new rows begin.
      const first = body.children[before];
      first?.setAttribute("tabindex", "-1");
      first?.focus();
    });
    return () => {
      shown = ROWS_AT_A_TIME;
      show();
    };
  }

  function tableRow(cells) {
    const row = element("tr");
    cells.forEach((cell, index) => {
      const made = element(index ? "td" : "th", index ? {} : { scope: "row" });
      made.append(...[cell].flat().map((each) => (each instanceof Node ? each : visible(each))));
      row.append(made);
    });
    return row;
  }

  // --- Findings

  function setUpFindings() {
    const articles = [...document.querySelectorAll(".finding")].map((article) => ({
      article,
      heading: article.querySelector("h3").textContent,
      groups: [...article.querySelectorAll("details")].map((details) => ({
        details,
        text: details.querySelector("summary").textContent,
        rows: [...details.querySelectorAll("tbody tr")].map((row) => ({ row, text: row.textContent })),
      })),
    }));
    const toggles = [...document.querySelectorAll(".severities input")];
    const note = document.querySelector("#findings .count");

    function show() {
      const severities = new Set(toggles.filter((toggle) => toggle.checked).map((toggle) => toggle.value));
      let shown = 0;
      let all = 0;
      for (const { article, heading, groups } of articles) {
        const before = shown;
        for (const group of groups) {
          const whole = hasQuery(heading) || hasQuery(group.text);
          const rows = group.rows.filter(({ row, text }) => {
            const allowed = "allowed" in row.dataset;
            const matches = whole || hasQuery(text);
            row.hidden = !(matches && isChosen(row.dataset.host) && severities.has(allowed ? "allowed" : article.dataset.severity));
            return !row.hidden;
          });
          group.details.hidden = rows.length === 0;
          if (query() && !whole && rows.length) {
            group.details.open = true;
          }
          shown += rows.length;
          all += group.rows.length;
        }
        article.hidden = shown === before;
      }
      note.textContent = shown === all ? `${all} in all` : `${shown} of ${all} shown`;
    }

    for (const entry of document.querySelectorAll(".finding [data-entry]")) {
      const host = hosts.find((each) => each.name === entry.dataset.host);
      if (host && graphOf(host).find(entry.dataset.entry).length) {
        entry.replaceChildren(routeButton(host, entry.dataset.entry));
      }
    }
    for (const toggle of toggles) {
      toggle.addEventListener("change", show);
    }
    return show;
  }

  // --- Accounts

  function accountRows() {
    return hosts.flatMap((host) => {
      const quotas = new Map(host.quotas.map((quota) => [quota.address, quota.quota]));
      const restrictions = new Map((host.restrictions ?? []).map((each) => [each.address, each.restrict]));
      return host.accounts.map((account) => {
        const row = {
          host,
          address: account.address,
          scheme: account.scheme,
          quota: quotas.get(account.address) ?? "",
          limits: [
            ...(account.locked ? ["locked"] : []),
            ...(restrictions.get(account.address) ?? []).map((each) => `may not ${each}`),
          ],
          extraFields: account.extra_fields ?? "",
        };
        row.text = [host.name, row.address, row.scheme, row.quota, ...row.limits, row.extraFields].join(" ");
        return row;
      });
    });
  }

  function setUpAccounts() {
    const columns = [
      (row) => routeButton(row.host, row.address),
      (row) => row.host.name,
      (row) => row.scheme,
      (row) => row.quota,
      (row) => row.limits.flatMap((limit) => [element("span", { class: "tag" }, limit), " "]),
      (row) => addressText(row.extraFields),
    ];
    return pagedTable(document.getElementById("accounts"), columns, accountRows());
  }

  // --- Graphs: what leads where on a host

  function graphOf(host) {
    if (!graphs.has(host.name)) {
      graphs.set(host.name, buildGraph(host));
    }
    return graphs.get(host.name);
  }

  function buildGraph(host) {
    const nodes = new Map();
    const accounts = new Set(host.accounts.map((account) => account.address));
    const literal = new Set();

    function node(id, made) {
      if (!nodes.has(id)) {
        nodes.set(id, { id, status: "delivered", reason: null, refused: null, unsure: [], line: "", next: new Set(), before: new Set(), ...made });
      }
      return nodes.get(id);
    }

    function addressNode(address) {
      return node(`address ${address.toLowerCase()}`, { kind: "address", label: address });
    }

    function lineNode(file, line, key, recipients) {
      const place = `${file}:${line}`;
      const kind = key.startsWith("@") ? "catch-all" : file === "postfix-regexp.cf" ? "regex alias" : "alias";
      // What makes something else of each address is drawn once for each result.
      return node(`line ${place} ${literal.has(place) ? "" : recipients.join(",")}`, { kind, label: key, line: place });
    }

    function connect(from, to) {
      from.next.add(to.id);
      to.before.add(from.id);
    }

    function addLine(file, line, key, recipients, isLiteral) {
      if (isLiteral) {
        literal.add(`${file}:${line}`);
        const from = lineNode(file, line, key, recipients);
        for (const recipient of recipients) {
          connect(from, addressNode(recipient));
        }
      }
    }

    function addHop(hop) {
      const folded = hop.address.toLowerCase();
      const made = addressNode(hop.address);
      Object.assign(made, { status: hop.status, reason: hop.reason, refused: hop.refused, unsure: hop.unsure, label: hop.address });
      if (hop.file === null) {
        made.kind = hop.place ?? "address";
        return;
      }
      const ownLine = hop.key.toLowerCase() === folded;
      const others = hop.recipients.filter((recipient) => recipient.toLowerCase() !== folded);
      made.kind = accounts.has(folded) ? "account" : ownLine ? "alias" : "address";
      if (ownLine) {
        made.line = `${hop.file}:${hop.line}`;
        if (others.length === 0) {
          made.kind = hop.place ?? made.kind;
          return;
        }
        made.kind = "alias";
      }
      const from = ownLine ? made : lineNode(hop.file, hop.line, hop.key, hop.recipients);
      if (!ownLine) {
        connect(made, from);
      }
      for (const recipient of others) {
        connect(from, addressNode(recipient));
      }
      if (others.length < hop.recipients.length) {
        const broken = hop.place !== "account" && hop.place !== "external";
        const copy = { kind: hop.place ?? "address", label: hop.address, status: broken ? "undelivered" : "delivered" };
        connect(from, node(`copy ${folded}`, copy));
      }
    }

    for (const alias of host.aliases) {
      const isCatchAll = alias.alias.startsWith("@");
      addLine("postfix-virtual.cf", alias.line, alias.alias, alias.recipients, isCatchAll && !alias.recipients[0]?.startsWith("@"));
    }
    for (const rule of host.regex_aliases) {
      const isLiteral = !rule.recipients.some((recipient) => recipient.includes("$"));
      addLine("postfix-regexp.cf", rule.line, `/${rule.pattern}/${rule.flags}`, rule.recipients, isLiteral);
    }
    host.routing_table.forEach(addHop);
    for (const made of nodes.values()) {
      // A line has no row of its own: it is broken where all that it leads to is.
      if (made.id.startsWith("line ") && made.next.size && [...made.next].every((id) => BROKEN.has(nodes.get(id).status))) {
        made.status = "undelivered";
      }
    }
    return { nodes, find: (name) => findNodes(nodes, name) };
  }

  function domainOf(label) {
    return label.slice(label.lastIndexOf("@") + 1).toLowerCase();
  }

  // The nodes of an address, of a key as it is written, or of all that a domain has; the broken and the busy ones first.
  function findNodes(nodes, name) {
    const folded = name.trim().toLowerCase();
    const one = nodes.get(`address ${folded}`);
    if (one) {
      return [one];
    }
    const all = [...nodes.values()];
    const written = all.filter((node) => node.label.toLowerCase() === folded);
    if (written.length || folded === "") {
      return written;
    }
    const domain = folded.replace(/^@/, "");
    const found = all.filter((node) => node.label.includes("@") && !node.label.startsWith("/") && domainOf(node.label) === domain);
    const rank = (node) => (BROKEN.has(node.status) ? 1000 : 0) + Math.min(node.next.size + node.before.size, 999);
    return found.sort((left, right) => rank(right) - rank(left));
  }

  // What mail from each of some nodes comes to, and what comes to them; what belongs together stands together.
  function neighbourhood(nodes, starts) {
    const found = new Set();
    const seen = { next: new Set(), before: new Set() };
    for (const start of starts) {
      found.add(start.id);
      let reached = [[start.id, "next"], [start.id, "before"]];
      while (reached.length) {
        const further = [];
        for (const [id, direction] of reached) {
          for (const neighbour of nodes.get(id)[direction]) {
            if (!seen[direction].has(neighbour)) {
              seen[direction].add(neighbour);
              found.add(neighbour);
              further.push([neighbour, direction]);
            }
          }
        }
        reached = further;
      }
    }
    return [...found];
  }

  // --- The picture

  function shortened(label) {
    const text = visible(label);
    return text.length <= LONGEST_LABEL ? text : `${text.slice(0, 20)}\u2026${text.slice(-(LONGEST_LABEL - 21))}`;
  }

  function layOut(nodes, ids) {
    const graph = new dagre.graphlib.Graph();
    graph.setGraph({ rankdir: "LR", nodesep: 16, ranksep: 64, marginx: 8, marginy: 8 });
    graph.setDefaultEdgeLabel(() => ({}));
    const drawn = new Set(ids);
    for (const id of ids) {
      const node = nodes.get(id);
      const letters = Math.max(shortened(node.label).length * 7.3, caption(node).length * 6.2);
      graph.setNode(id, { width: Math.round(letters + 28), height: 46 });
    }
    for (const id of ids) {
      for (const next of nodes.get(id).next) {
        if (drawn.has(next)) {
          graph.setEdge(id, next);
        }
      }
    }
    dagre.layout(graph);
    return graph;
  }

  function caption(node) {
    return [KINDS[node.kind], ...(node.line ? [node.line] : []), ...(node.refused ? [REFUSED] : [])].join(" \u00b7 ");
  }

  function curve(points) {
    const [first, ...rest] = points;
    const last = rest.pop();
    const text = [`M${first.x},${first.y}`];
    rest.forEach((point, index) => {
      const following = rest[index + 1];
      const to = following ? { x: (point.x + following.x) / 2, y: (point.y + following.y) / 2 } : last;
      text.push(`Q${point.x},${point.y} ${to.x},${to.y}`);
    });
    return text.join(" ");
  }

  function drawnEdge(nodes, edge, points) {
    const broken = BROKEN.has(nodes.get(edge.w).status) && BROKEN.has(nodes.get(edge.v).status);
    return drawing("path", { d: curve(points), class: broken ? "edge broken" : "edge", "marker-end": broken ? "url(#arrow-broken)" : "url(#arrow)" });
  }

  function drawnNode(host, node, box, isStart) {
    const broken = BROKEN.has(node.status);
    const told = `${KINDS[node.kind]} ${node.label}${broken ? `, ${node.status}: ${node.reason ?? ""}` : ""}${node.refused ? `, ${node.refused}` : ""}`;
    const group = drawing("g", {
      class: ["node", node.kind.replace(" ", "-"), broken ? "broken" : "", isStart ? "start" : ""].join(" "),
      transform: `translate(${box.x - box.width / 2} ${box.y - box.height / 2})`,
      tabindex: 0,
      role: "button",
      "aria-label": told,
    });
    group.append(
      drawing("title", {}, told),
      drawing("rect", { width: box.width, height: box.height, rx: 9 }),
      drawing("text", { x: 14, y: 18, class: "caption" }, broken ? `\u26a0 ${caption(node)}` : caption(node)),
      drawing("text", { x: 14, y: 35, class: "label", direction: "ltr", "unicode-bidi": "bidi-override" }, shortened(node.label)),
    );
    const redraw = () => choose(host.name, node.label);
    group.addEventListener("click", redraw);
    group.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        redraw();
      }
    });
    return group;
  }

  function arrow(id, className) {
    const marker = { id, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 8, markerHeight: 8, orient: "auto" };
    return drawing("marker", marker, drawing("path", { d: "M0,1 L10,5 L0,9 z", class: className }));
  }

  function picture(host, name, nodes, starts, ids) {
    const graph = layOut(nodes, ids);
    const { width, height } = graph.graph();
    const svg = drawing("svg", {
      viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
      width: Math.ceil(width),
      height: Math.ceil(height),
      role: "group",
      "aria-label": `Routes of ${name} on ${host.name}, as in the table below`,
    });
    svg.append(drawing("defs", {}, arrow("arrow", "head"), arrow("arrow-broken", "head broken")));
    for (const edge of graph.edges()) {
      svg.append(drawnEdge(nodes, edge, graph.edge(edge).points));
    }
    for (const id of ids) {
      svg.append(drawnNode(host, nodes.get(id), graph.node(id), starts.has(id)));
    }
    return svg;
  }

  // --- What the picture shows, as text

  function reasonsOf(nodes, ids) {
    const sentences = new Set(ids.flatMap((id) => [nodes.get(id).refused ?? [], nodes.get(id).reason ?? [], nodes.get(id).unsure].flat()));
    const items = [...sentences].slice(0, LONGEST_REASONS).map((sentence) => element("li", {}, `${sentence}.`));
    if (sentences.size > LONGEST_REASONS) {
      items.push(element("li", {}, `and ${sentences.size - LONGEST_REASONS} more; choose an address to see its own.`));
    }
    return items;
  }

  function routeRows(host, nodes, ids) {
    return ids.map((id) => {
      const node = nodes.get(id);
      const next = [...node.next].map((each) => nodes.get(each).label);
      return tableRow([
        routeButton(host, node.label),
        caption(node),
        next.flatMap((label, index) => (index ? [", ", addressText(label)] : [addressText(label)])),
        result(node),
      ]);
    });
  }

  function result(node) {
    return element("span", { class: BROKEN.has(node.status) ? "tag broken" : "tag" }, node.status);
  }

  // --- The section of the routes

  const routes = document.getElementById("routes");
  const routeForm = document.getElementById("route-form");
  const routeHost = document.getElementById("route-host");
  const routeName = document.getElementById("route-name");
  const routeNote = document.getElementById("route-note");
  const figure = document.getElementById("picture");

  // The address of the page says what is drawn, so that a link and the way back lead there.
  function choose(hostName, name) {
    const wanted = `#route=${encodeURIComponent(hostName)}/${encodeURIComponent(name)}`;
    if (location.hash === wanted) {
      drawChosen();
    } else {
      location.hash = wanted;
    }
  }

  function drawChosen() {
    const found = /^#route=([^/]*)\/(.*)$/.exec(location.hash);
    if (!found) {
      return;
    }
    try {
      draw(decodeURIComponent(found[1]), decodeURIComponent(found[2]));
    } catch (error) {
      if (!(error instanceof URIError)) {
        throw error;
      }
    }
  }

  function draw(hostName, name) {
    const host = hosts.find((each) => each.name === hostName);
    if (!host) {
      return;
    }
    routeHost.value = hostName;
    routeName.value = name;
    const { nodes } = graphOf(host);
    const starts = graphOf(host).find(name);
    const ids = neighbourhood(nodes, starts);
    const drawn = ids.slice(0, MOST_DRAWN);
    figure.hidden = starts.length === 0;
    if (starts.length === 0) {
      routeNote.textContent = visible(`${hostName} has no address, alias or domain ${name}.`);
      return;
    }
    routeNote.textContent = visible(
      ids.length > drawn.length
        ? `${name} on ${hostName}: ${drawn.length} of ${ids.length} places are drawn, the broken and busy ones first. Choose one of them to see its own routes.`
        : `${name} on ${hostName}: ${drawn.length} ${drawn.length === 1 ? "place" : "places"}.`,
    );
    figure.querySelector(".drawing").replaceChildren(picture(host, name, nodes, new Set(starts.map((node) => node.id)), drawn));
    figure.querySelector(".reasons").replaceChildren(...reasonsOf(nodes, drawn));
    figure.querySelector("tbody").replaceChildren(...routeRows(host, nodes, drawn));
    routes.scrollIntoView({ block: "start" });
    figure.querySelector(".node.start").focus({ preventScroll: true });
  }

  function addressRows() {
    const rows = hosts.flatMap((host) =>
      [...graphOf(host).nodes.values()]
        .filter((node) => !node.id.startsWith("copy "))
        .map((node) => ({ host, node, text: `${host.name} ${node.label} ${caption(node)} ${node.status}` })),
    );
    return rows.sort((left, right) => BROKEN.has(right.node.status) - BROKEN.has(left.node.status));
  }

  function suggest() {
    const host = hosts.find((each) => each.name === routeHost.value);
    const typed = routeName.value.toLowerCase();
    const labels = host ? [...graphOf(host).nodes.values()].map((node) => node.label) : [];
    const domains = labels.filter((label) => label.includes("@") && !label.startsWith("/")).map(domainOf);
    const fitting = [...new Set([...domains, ...labels])].filter((label) => label.toLowerCase().includes(typed));
    const options = fitting.slice(0, MOST_SUGGESTED).map((label) => element("option", { value: label }));
    document.getElementById("route-names").replaceChildren(...options);
  }

  function setUpRoutes() {
    routeForm.addEventListener("submit", (event) => {
      event.preventDefault();
      choose(routeHost.value, routeName.value.trim());
    });
    routeName.addEventListener("input", suggest);
    routeHost.addEventListener("change", suggest);
    window.addEventListener("hashchange", drawChosen);
    suggest();
    const columns = [
      (row) => routeButton(row.host, row.node.label),
      (row) => row.host.name,
      (row) => caption(row.node),
      (row) => result(row.node),
    ];
    return pagedTable(document.getElementById("addresses"), columns, addressRows());
  }

  // --- The page

  function setUpPrinting() {
    let closed = [];
    window.addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("details:not([open])")];
      for (const details of closed) {
        details.open = true;
      }
    });
    window.addEventListener("afterprint", () => {
      for (const details of closed) {
        details.open = false;
      }
    });
  }

  function setUp() {
    const shows = [setUpFindings(), setUpAccounts(), setUpRoutes()];
    const showAll = () => shows.forEach((show) => show());
    search.addEventListener("input", showAll);
    chosenHost.addEventListener("change", showAll);
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && !event.target.closest("input, select")) {
        event.preventDefault();
        search.focus();
      }
    });
    setUpPrinting();
    document.documentElement.classList.add("with-script");
    showAll();
    drawChosen();
  }

  setUp();
})();
