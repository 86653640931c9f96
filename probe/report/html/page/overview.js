// The run at a glance: what was asked, what came out, what is worth a look, what it cost, who took part, and whether the record is proved.

addView({
  name: "overview", tab: "Overview", key: "o",
  show(root, _path, page) {
    let waiting = 0;
    const later = () => void (waiting ||= setTimeout(fill, 500));
    const fill = () => {
      waiting = 0;
      // What a reader is about to use stays where it is.
      if (root.matches(":active, :focus-within")) return later();
      root.replaceChildren();
      append(root, overview(page));
    };
    fill();
    page.onUpdate(later, root);
  },
});

/** @param {Page} page */
function overview(page) {
  const { summary, threads } = page;
  const { final_answer: answer, notes, problems, run, turns, counts } = summary;
  const boxed = (/** @type {string} */ name, /** @type {any} */ content) => section(name, h("div.boxed.tall", { tabindex: "0", role: "region", "aria-label": name }, content));
  const said = (/** @type {{text: string, turn: number} | null} */ one) => one && [turnLink(one.turn), ": ", clip(one.text)];
  const row = (/** @type {Notable & {turn: Turn}} */ one) => h("li.entry", turnLink(one.turn.number), badge(one), clip(one.about || didWords(one.turn)));
  const notables = turns.flatMap((turn) => notable(turn).map((one) => ({ turn, ...one }))).sort((one, other) => one.kind.localeCompare(other.kind));
  return [
    h("div.cards", cards(page)),
    h("div.beside", boxed("Task", run.prompt === null ? arriving(typed(page), "div") : textView(run.prompt)),
      boxed("Result", answer ? [proseView(answer.text), h("p", turnLink(answer.turn, `from turn ${answer.turn}`))] : h("p.dim", run.live ? "No answer yet." : "No turn ended with an answer in text: see the last turns below."))),
    section("Worth a look", lines(problems), notables.length ? growing(h("ol"), notables, row, 12) : h("p", "In no turn: no call or tool failed, none was tried again, no stream stalled, no cache missed."), turns.length > 2 && h("p.dim", extremes(turns))),
    section("Where the time went", timeBar(summary)),
    section("What it did", turns.length ? story(page) : h("p.dim", "No call of a model was recorded. ", h("a", { href: "#network" }, "What was exchanged"))),
    section("Who took part", table("Threads of the conversation", summary.threads, {
      who: (thread) => threadName(thread, summary),
      "started by": ({ parent }) => (parent ? threadName(/** @type {Thread} */ (threads.get(parent)), summary) : "the user"),
      task: ({ task }) => said(task), turns: ({ turns }) => [plural(turns.length, "turn"), " (", turnRanges(turns), ")"], report: ({ report, is_sub_agent: isAgent }) => isAgent && said(report),
      "#tokens": ({ tokens }) => amount(tokens.total), "#cost": costCell, "#time": (thread) => amount(thread.seconds, seconds),
    }), !counts.side_requests && h("p.dim", "No side requests.")),
    notes.length > 0 && section("Notes", lines(notes)),
    section("This run", runFacts(summary)),
  ];
}

/** @param {string[]} texts */
function lines(texts) {
  return h("ul.dots", texts.filter(Boolean).map((text) => h("li", isolated(text))));
}

/** @param {Page} page */
function cards(page) {
  const { cost, tokens: { total, input, output, cache_read: read }, counts, time, models } = page.summary;
  const names = [...new Set(models.map(({ model }) => model ?? "a model that is not named"))].join(", ");
  const sides = counts.side_requests ? plural(counts.side_requests, "side request") : "";
  const card = (/** @type {string} */ title, /** @type {string} */ href, /** @type {any} */ value, /** @type {any[]} */ ...words) => h("section.card", h("h2", h("a", { href }, title)), h("p.value", value), words.map((word) => word && h("div", word)));
  return [
    card("Cost", "#cost", costWords(cost), ...costNotes(cost).slice(0, 2)),
    card("Tokens", "#cost", input === null && output === null ? "unknown" : number(total), input === null ? "No answer reported its usage." : `${number(input)} in, ${number(output)} out`, read !== null && `${share(read, input)} of the input came from the cache`),
    card("Work", "#time", `${plural(counts.turns, "turn")} in ${seconds(time.seconds)}`, sides, counts.sub_agents > 0 && plural(counts.sub_agents, "sub-agent"), isolated(names)),
    card("Record", "#network/4", recordBadge(page.summary), ...proofButton(page)),
  ];
}

/** @param {number} part @param {number | null} whole */
function share(part, whole) {
  return `${Math.round((part / (whole || 1)) * 100)} %`;
}

/** @param {Cost} cost */
function costWords(cost) {
  return cost.dollars === null ? "unknown" : `${cost.at_least ? "at least " : ""}${dollars(cost.dollars)}`;
}

/** @param {Cost} cost */
function costNotes({ dollars: sum, paid, reasons, sources }) {
  return [sum === null || paid ? "" : "Nobody paid it: the answers are a replay.", ...reasons, sources.length ? `Prices: ${sources.join("; ")}` : ""].filter(Boolean);
}

/** Return whether the record is complete, and the one that was recorded. @param {Summary} summary */
function recordBadge({ proof: { matches, seen, written }, run, counts }) {
  const all = `${number(written ?? counts.exchanges)} of ${plural(seen ?? counts.exchanges, "exchange")}`;
  const isShort = seen !== null && seen !== written && !run.live;
  const [kind, words] = matches === false ? ["bad", "Changed since it was recorded"] : isShort ? ["bad", `Incomplete: ${all}`] : matches ? ["good", `Complete and unchanged: ${all}, the file's hash is the manifest's`] : ["warn", run.live ? "Still being recorded" : "Nothing to compare with"];
  return h(`span.badge.${kind}`, words);
}

/** Return a button that hashes every body in this page, and what it found. @param {Page} page */
function proofButton(page) {
  const { bodies, bodies_with_hash: known } = page.summary.proof;
  const result = h("p", { role: "status" }, `${number(known)} of ${plural(bodies, "body", "bodies")} can be checked`);
  const check = async () => {
    const found = await proveAll(page, (done, all) => (result.textContent = `${number(done)} of ${number(all)} exchanges checked …`)).then(proofWords, (error) => `The check could not be made: ${error.message}`);
    result.replaceChildren();
    append(result, [found]);
  };
  return [result, h("button", { type: "button", onclick: check }, "Check every body in this page")];
}

/** @param {Awaited<ReturnType<typeof proveAll>>} found */
function proofWords({ proved, redacted, unproved, wrong }) {
  const counts = Object.entries({ "as they crossed the wire": proved, "as recorded, with secrets redacted": redacted, "without a hash to compare with": unproved });
  const words = counts.filter(([, count]) => count).map(([kind, count]) => `${number(count)} ${kind}`).join(", ") || "There is no body.";
  if (wrong.length) return [h("b.bad", `${plural(wrong.length, "body differs", "bodies differ")}: exchanges `), lineLinks(wrong.map(({ line }) => line)), `; ${words}`];
  return [proved + redacted > 0 && h("b.good", "✓ All that can be checked is right: "), words];
}

/** Return what a human typed first, where the prompt was not given to this program. @param {Page} page */
async function typed(page) {
  const [first, ...others] = await writtenBy(page, "human");
  if (first === undefined) return h("p.dim", "The prompt was not given to this program, and no text of a human was found in the requests.");
  return [await ownTexts(page, first, "human", ""), others.length > 0 && h("a", { href: "#tools/4" }, `All ${number(others.length + 1)} messages of a human`)];
}

/** Return links to the turns that are the most of something. @param {Turn[]} turns */
function extremes(turns) {
  /** @type {[string, (turn: Turn) => Amount][]} */
  const kinds = [["Slowest", took], ["Slowest to begin", (turn) => amount(waited(turn), seconds)], ["Most input", (turn) => amount(turn.tokens?.input, compact)], ["Most written to the cache", (turn) => amount(turn.tokens?.cache_write, compact)], ["Dearest", costCell]];
  return kinds.map(([name, of]) => {
    const best = turns.reduce((most, turn) => ((of(turn).amount ?? 0) > (of(most).amount ?? 0) ? turn : most));
    return of(best).amount ? [`${name}: `, turnLink(best.number), ` (${of(best).text}). `] : null;
  });
}

/** @param {Summary} summary */
function timeBar({ time, turns }) {
  if (!time.seconds) return h("p.dim", "The record has no times.");
  const parts = Object.entries({ model: time.model, tools: time.tool, "the agent itself": time.agent, "idle: waiting for the user": time.idle });
  const last = turns.reduce((most, turn) => (waited(turn) > waited(most) ? turn : most), turns[0]);
  return [shareBar("Time", parts.map(([name, size], at) => ({ name, size, text: seconds(size), color: ["--t-model", "--t-tool", "--t-agent", "--t-idle"][at] }))),
    time.median_to_first_token !== null && h("p", `First token after ${seconds(time.median_to_first_token)} (median), at most ${seconds(waited(last))} (`, turnLink(last.number), "). ", h("a", { href: "#time/2" }, "When each turn ran"))];
}

/** Return the turns, where they are many by thread, prompt and shortening of the conversation. @param {Page} page */
function story({ summary: { turns }, threads }) {
  const list = (/** @type {Turn[]} */ some) => growing(h("ol"), some, (turn) =>
    h("li.entry", h("a", { href: `#turn-${turn.number}`, "aria-label": `Turn ${turn.number}` }, turn.number), whoBadge(turn, threads), notable(turn).map(badge), clip(didWords(turn) || "no content in the answer"), h("span.dim.num", tookWords(turn))));
  if (turns.length <= 40) return list(turns);
  const parts = new Map();
  const groups = Map.groupBy(turns, (turn) => {
    if (turn.shortened) parts.set(turn.thread, turn.number);
    return [turn.thread, turn.prompt, turn.is_side, parts.get(turn.thread)].join();
  });
  return growing(h("div"), [...groups.values()], (some) => fold(groupWords(some, threads), () => list(some), { class: "fold" }));
}

/** @param {Turn[]} turns @param {Map<number, Thread>} threads */
function groupWords(turns, threads) {
  const calls = turns.flatMap((turn) => turn.tool_calls);
  const tools = [...Map.groupBy(calls, ({ name }) => name)].sort((one, other) => other[1].length - one[1].length).map(([name, all]) => `${number(all.length)} ${name}`);
  const files = [...new Set(calls.filter(({ name }) => /edit|write|patch/i.test(name)).map(({ argument }) => argument))];
  return [h("b", "Turns ", turnRanges(turns.map((turn) => turn.number))), " ", whoBadge(turns[0], threads), turns[0].shortened && h("span.badge.warn", "after the conversation was shortened"),
    ` ${tools.join(", ") || "no tool called"}`, files.length > 0 && `; ${plural(files.length, "file")} changed: ${files.slice(0, 3).join(", ")}${files.length > 3 ? ", …" : ""}`];
}

/** @param {Turn} turn @param {Map<number, Thread>} threads */
function whoBadge(turn, threads) {
  const thread = threads.get(turn.thread);
  const who = turn.is_side ? turn.purpose : thread?.is_sub_agent && `sub-agent ${thread.kind ?? thread.agent ?? ""}`;
  return who ? h("span.badge", isolated(who)) : null;
}

/** @param {Thread} thread @param {Summary} summary */
function threadName({ number: own, turns: [first], is_sub_agent: isAgent, kind, agent }, { turns }) {
  const turn = turns.find((one) => one.number === first);
  return `${own}: ${turn?.is_side ? `side requests: ${turn.purpose}` : isAgent ? `sub-agent ${kind ?? agent ?? ""}` : "main thread"}`;
}

/** @param {Summary} summary */
function runFacts({ run, project, secrets, unknown, generated_at: made }) {
  const command = run.command?.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellWord(word, "SECRET"))).join(" ");
  return factList({
    Agent: `${run.agent ?? run.target ?? "unknown"}${run.agent_exit_code === null ? "" : `, exit code ${run.agent_exit_code}`}`,
    Command: command && [h("code", isolated(command)), " ", copyButton("Copy", async () => command)],
    Started: run.started && `${new Date(run.started * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`,
    "Replay of": run.replay_of,
    Secrets: run.keeps_secrets ? h("b.bad", "kept in the record: do not share it") : secrets.length ? ["redacted: ", h("a", { href: "#network/3" }, secrets.slice(0, 3).map(({ place }) => place).join(", ")), secrets.length > 3 && ", …"] : "none found",
    "Not understood": unknown.map(({ what, count }) => `${what} (${number(count)})`).join(", "),
    Record: h("code", isolated(run.source)),
    "Written by": `${project.name} ${project.version}, ${made}`,
  });
}
