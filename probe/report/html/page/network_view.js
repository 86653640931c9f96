// What left the machine: hosts, what bypassed the listeners, what the recording changed, secrets, every exchange, the proof.

addParts("network", "Network", "n", {
  Hosts: ({ summary: { hosts: { hosts, watched, not_reached: missed, in_words: words } } }) => {
    const bypassed = hosts.filter((host) => !host.captured).map((host) => host.name);
    return [
      words ? h("p", isolated(words[0].toUpperCase() + words.slice(1))) : null,
      !watched ? h("p.dim", "Whether anything bypassed the listeners is not known: other connections were not watched in this run.")
        : bypassed.length ? h("p", h("b.warn", `${plural(bypassed.length, "host")} bypassed the listeners: `), isolated(bypassed.join(", "))) : h("p", "Nothing bypassed the listeners."),
      missed.length ? h("p", "Never reached: ", isolated(missed.join(", "))) : null,
      table("Hosts", hosts, {
        host: (one) => isolated(one.name), captured: (one) => (one.captured ? "yes" : h("b.warn", "bypassed")), listener: (one) => one.listeners.join(", "), "#requests": (one) => amount(one.requests),
        "#sent": (one) => amount(one.sent, bytes), "#received": (one) => amount(one.received, bytes), "#not reached": (one) => amount(one.unreached || null),
      }),
    ];
  },
  "What the recording changed": ({ summary: { observer_changes: changes } }) => (changes.length ? table("What the recording changed", changes, { what: ({ what }) => isolated(what), why: ({ why }) => isolated(why) }) : h("p.dim", "Nothing that is known: the agent's requests were passed on as they came.")),
  Secrets: ({ summary: { secrets, run } }) => [
    run.keeps_secrets ? h("p", h("b.bad", "This record keeps its secrets: do not share it.")) : null,
    secrets.length ? table("Secrets by place", secrets, { where: ({ place }) => isolated(place), "#times": ({ count }) => amount(count), "#distinct values": (one) => amount(one.different), exchanges: (one) => lineLinks(one.lines) }) : h("p", "None was found."),
  ],
  "Whether the record is proved": (page) => {
    const { proof, counts } = page.summary;
    return [
      recordBadge(page.summary),
      factList({
        "traffic.jsonl": proof.traffic_sha256 ? h("code", proof.traffic_sha256) : "not hashed",
        "by the manifest": proof.manifest_sha256 ? h("code", proof.manifest_sha256) : "no manifest has its hash, so nothing proves that it is unchanged",
        Exchanges: proof.seen === null ? `${number(counts.exchanges)} written; how many the proxy saw is not known` : `${number(proof.seen)} seen, ${number(proof.written)} written`,
        "Lines that are no record": counts.malformed_lines,
        "Cut short": counts.cut_short && plural(counts.cut_short, "exchange"),
      }),
      ...proofButton(page),
    ];
  },
  "Errors and retries": ({ summary: { turns } }) => {
    const rows = turns.flatMap((turn) => [
      ...turn.tries.map((one) => ({ ...one, turn, then: "tried again" })),
      ...(hasFailed(turn) ? [{ ...turn, turn, then: "not tried again" }] : []),
      ...failedCalls(turn).map(({ name, argument, result_turn: result }) => ({ ...turn, status: "tool failed", problem: `${name}: ${argument}`, turn, then: ["result in ", turnLink(result)] })),
    ]);
    if (!rows.length) return h("p", "No call of a model or tool failed, and none was tried again.");
    return table("What failed", rows, { turn: ({ turn }) => turnCell(turn), status: ({ status }) => status ?? "no answer", "what happened": ({ problem }) => isolated(problem ?? ""), then: ({ then }) => then, exchange: ({ line }) => lineLinks([line]) });
  },
  "All exchanges": ({ summary: { exchanges } }) => {
    const start = exchanges.reduce((first, one) => Math.min(first, one.started), Infinity);
    return table("All exchanges", exchanges, {
      ...EXCHANGE,
      turns: ({ turns }) => (turns.length ? turnRanges(turns) : "no call of a model"),
      "#start": ({ started }) => amount(started - start, seconds),
      "#took": took,
      "#sent": ({ sent }) => amount(sent, bytes),
      "#received": ({ received }) => amount(received, bytes),
      "#secrets": ({ redactions }) => amount(redactions || null),
      remarks: ({ websocket_messages: messages, error, complete }) => [messages === null ? [] : `WebSocket, ${plural(messages, "message")} `, error ?? (complete ? [] : "cut short")].flat().join(""),
    });
  },
});

/** @type {Record<string, (one: ExchangeFacts) => any>} */
const EXCHANGE = {
  exchange: ({ line }) => lineLinks([line]),
  request: ({ method, url }) => [method, " ", clip(url)],
  status: ({ status }) => h("span", { class: status === null || status >= 400 ? "bad" : null }, status ?? "no answer"),
};

/** @param {number[]} numbers */
function lineLinks(numbers) {
  return [numbers.slice(0, 12).map((line, at) => [at ? ", " : "", h("a", { href: `#exchange-${line}` }, line)]), numbers.length > 12 ? ` and ${number(numbers.length - 12)} more` : ""];
}
