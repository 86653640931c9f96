// What left the machine: hosts, what bypassed the listeners, what the observer changed, secrets, every exchange, the proof.

addParts("network", "Network", "n", {
  Hosts: ({ summary: { hosts: { hosts, watched, not_reached: missed, in_words: words } } }) => {
    const bypassed = hosts.filter((host) => !host.captured).map((host) => host.name);
    return [
      words ? h("p", {}, isolated(words)) : null,
      !watched ? empty("Whether anything bypassed the listeners is not known: other connections were not watched in this run.")
        : bypassed.length ? h("p", {}, h("b", { class: "warn" }, `${plural(bypassed.length, "host")} bypassed the listeners: `), isolated(bypassed.join(", "))) : h("p", {}, "Nothing bypassed the listeners."),
      missed.length ? h("p", {}, "Never reached: ", isolated(missed.join(", "))) : null,
      longTable("Hosts", ["host", "captured", "listeners", "#requests", "#sent", "#received", "#not reached"], hosts, (host) => [isolated(host.name), host.captured ? "yes" : h("b", { class: "warn" }, "bypassed"), host.listeners.join(", "), number(host.requests), bytes(host.sent), bytes(host.received), number(host.unreached)]),
    ];
  },
  "What the observer changed": ({ summary: { observer_changes: changes } }) =>
    changes.length ? longTable("What the observer changed", ["what", "why"], changes, ({ what, why }) => [isolated(what), isolated(why)]) : empty("Nothing that is known: the agent's requests were passed on as they came."),
  Secrets: ({ summary: { secrets, run } }) => [
    run.keeps_secrets ? h("p", {}, h("b", { class: "bad" }, "This record keeps its secrets: do not share it.")) : null,
    secrets.length ? longTable("Secrets by place", ["where", "#times", "#different", "in lines of the record"], secrets, (one) => [isolated(one.place), number(one.count), number(one.different), lineLinks(one.lines)]) : h("p", {}, "None was found."),
  ],
  "Whether the record is proved": (page) => {
    const { proof, counts } = page.summary;
    return [
      proofBadgeOfFile(page.summary),
      factList([
        ["traffic.jsonl", proof.traffic_sha256 ? h("code", {}, proof.traffic_sha256) : "not hashed"],
        ["by the manifest", proof.manifest_sha256 ? h("code", {}, proof.manifest_sha256) : "no manifest has its hash, so nothing proves that it is unchanged"],
        ["Exchanges", proof.seen === null ? `${number(counts.exchanges)} written; how many the proxy saw is not known` : `${number(proof.seen)} seen, ${number(proof.written)} written`],
        ["Bodies", bodiesInWords(proof)],
        ["Lines that are no record", counts.malformed_lines || null],
        ["Cut short", counts.cut_short ? plural(counts.cut_short, "exchange") : null],
      ]),
      proofButton(page),
    ];
  },
  "Errors and retries": ({ summary: { turns } }) => {
    const rows = turns.flatMap((turn) => [...turn.tries.map((one) => ({ ...one, turn, then: "tried again" })), ...(turn.problem || (turn.status ?? 600) >= 400 ? [{ ...turn, turn, then: "not tried again" }] : [])]);
    if (!rows.length) return h("p", {}, "No call of a model failed, and none was tried again.");
    return longTable("Calls that failed", ["turn", "status", "what happened", "then", "#took", "line"], rows, (row) => [turnLink(row.turn.number), row.status ?? "no answer", isolated(row.problem ?? ""), row.then, tookWords(row), lineLinks([row.line])]);
  },
  "All exchanges": ({ summary: { exchanges } }) => {
    const start = exchanges.reduce((first, one) => Math.min(first, one.started), Infinity);
    return longTable("All exchanges", ["line", "request", "status", "turns", "#start", "#took", "#sent", "#received", "#secrets", "remarks"], exchanges, (one) => [
      ...exchangeCells(one), one.turns.length ? turnRange(one.turns) : "no call of a model", `+${seconds(one.started - start)}`, tookWords(one), bytes(one.sent), bytes(one.received), one.redactions || "",
      [one.websocket_messages === null ? "" : `WebSocket, ${plural(one.websocket_messages, "message")} `, one.error ? isolated(one.error) : one.complete ? "" : "cut short"],
    ]);
  },
});

/** @param {number[]} lines */
function lineLinks(lines) {
  return [lines.slice(0, 12).map((line, at) => [at ? ", " : "", h("a", { href: `#exchange-${line}` }, line)]), lines.length > 12 ? ` and ${number(lines.length - 12)} more` : ""];
}

/** @param {ExchangeFacts} exchange */
function exchangeCells({ line, method, url, status }) {
  return [lineLinks([line]), [method, " ", h("span", { title: url }, clip(url))], h("span", { class: status === null || status >= 400 ? "bad" : null }, status ?? "no answer")];
}
