// The run at a glance: what was asked, what came out, what is worth a look, what it cost, who took part, and whether the record is proved.

addView({
  name: "overview", tab: "Overview", key: "o",
  show(root, _path, page) {
    let waiting = 0;
    const fill = () => {
      waiting = 0;
      // What a reader is about to use stays where it is.
      if (root.matches(":active, :focus-within")) return later();
      root.replaceChildren();
      append(root, overview(page));
    };
    const later = () => void (waiting ||= setTimeout(fill, 500));
    fill();
    page.onUpdate(later, root);
  },
});

/** @param {Page} page */
function overview(page) {
  const { summary } = page;
  const boxed = (/** @type {string} */ name, /** @type {any} */ content) => section(name, h("div.boxed.tall", { tabindex: "0", role: "region", "aria-label": name }, content));
  const { final_answer: answer, notes, run, turns } = summary;
  return [
    h("div.cards", cards(page)),
    h("div.beside", boxed("Task", run.prompt === null ? arriving(typed(page), "div") : textView(run.prompt)),
      boxed("Result", answer ? [proseView(answer.text), h("p", turnLink(answer.turn, `from turn ${answer.turn}`))] : h("p.dim", run.live ? "No answer yet." : "No turn ended with an answer in text: see the last turns below."))),
    section("Worth a look", worthALook(summary)),
    section("Where the time went", timeBar(summary)),
    section("What it did", turns.length ? story(page) : h("p.dim", "No call of a model was recorded. ", h("a", { href: "#network" }, "What was exchanged"))),
    section("Who took part", participants(page)),
    notes.length ? section("Notes", lines(notes)) : null,
    section("This run", runFacts(summary)),
  ];
}

/** @param {string[]} texts */
function lines(texts) {
  return h("ul.dots", texts.map((text) => h("li", isolated(text))));
}

/** @param {Page} page */
function cards(page) {
  const { cost, tokens, counts, time, models } = page.summary;
  const names = [...new Set(models.map(({ model }) => model ?? "a model that is not named"))];
  const read = share(tokens.cache_read, tokens.input);
  /** @type {[string, string, any, ...any][]} */
  const all = [
    ["Cost", "#cost", costWords(cost), ...costNotes(cost).slice(0, 2)],
    ["Tokens", "#cost", tokens.total ?? tokens.input ?? tokens.output === null ? number(tokens.total) : "unknown", tokens.input === null ? "No answer reported its usage." : `${number(tokens.input)} in, ${number(tokens.output)} out`, read && `${read} of the input came from the cache`],
    ["Work", "#time", `${plural(counts.turns, "turn")} in ${seconds(time.seconds)}`, counts.side_requests ? plural(counts.side_requests, "side request") : "no side requests", counts.sub_agents ? plural(counts.sub_agents, "sub-agent") : "", isolated(names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : ""))],
    ["Record", "#network/4", recordBadge(page.summary), ...proofButton(page)],
  ];
  return all.map(([title, href, value, ...words]) => h("section.card", h("h2", h("a", { href }, title)), h("p.value", value), words.filter(Boolean).map((word) => h("div", word))));
}

/** @param {number | null} part @param {number | null} whole */
function share(part, whole) {
  return part !== null && whole ? `${Math.round((part / whole) * 100)} %` : "";
}

/** @param {Cost} cost */
function costWords(cost) {
  return cost.dollars === null ? "unknown" : `${cost.at_least ? "at least " : ""}${dollars(cost.dollars)}`;
}

/** @param {Cost} cost */
function costNotes({ dollars: sum, paid, reasons, sources }) {
  return [sum !== null && !paid ? "Nobody paid it: the answers are a replay." : "", ...reasons, sources.length ? `Prices: ${sources.join("; ")}` : ""].filter(Boolean);
}

/** Return whether the record is complete and the one that was recorded. @param {Summary} summary */
function recordBadge({ proof: { matches, seen, written }, run, counts }) {
  const all = `${number(written ?? counts.exchanges)} of ${plural(seen ?? counts.exchanges, "exchange")}`;
  const isShort = seen !== null && written !== seen && !run.live;
  const [kind, words] = matches === false ? ["bad", "Changed since it was recorded"] : isShort ? ["bad", `Incomplete: ${all}`] : matches ? ["good", `Complete and unchanged: ${all}`] : ["warn", run.live ? "Still being recorded" : "Nothing to compare with"];
  return h(`span.badge.${kind}`, { title: matches ? "The file's hash is the manifest's." : null }, words);
}

/** Return a button that hashes every body in this page, and what it found. @param {Page} page */
function proofButton(page) {
  const { bodies, bodies_with_hash: known } = page.summary.proof;
  const result = h("p", { role: "status" }, `${number(known)} of ${plural(bodies, "body", "bodies")} can be checked`);
  const button = /** @type {HTMLButtonElement} */ (h("button", { type: "button" }, "Check every body in this page"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    const found = await proveAll(page, (done, all) => (result.textContent = `${number(done)} of ${number(all)} exchanges checked …`)).then(proofWords, (error) => `The check could not be made: ${error.message}`);
    result.replaceChildren();
    append(result, [found]);
    button.disabled = false;
  });
  return [result, button];
}

/** @param {Awaited<ReturnType<typeof proveAll>>} found */
function proofWords({ proved, redacted, unproved, wrong }) {
  const counts = Object.entries({ "as they crossed the wire": proved, "as recorded, with secrets redacted": redacted, "without a hash to compare with": unproved });
  const words = counts.filter(([, count]) => count).map(([kind, count]) => `${number(count)} ${kind}`).join(", ") || "There is no body.";
  if (wrong.length) return [h("b.bad", `${plural(wrong.length, "body differs", "bodies differ")}: exchanges `), lineLinks(wrong.map(({ line }) => line)), `; ${words}`];
  return [proved + redacted ? h("b.good", "✓ All that can be checked is right: ") : null, words];
}

/** Return what a human typed first, where the prompt was not given to this program. @param {Page} page */
async function typed(page) {
  const [first, ...others] = await writtenBy(page, "human");
  if (first === undefined) return h("p.dim", "The prompt was not given to this program, and no text of a human was found in the requests.");
  return [await ownTexts(page, first, "human"), others.length ? h("a", { href: "#tools/4" }, `All ${number(others.length + 1)} messages of a human`) : null];
}

/** @param {Summary} summary */
function worthALook({ turns, problems }) {
  // A call that failed has its own row.
  const general = problems.filter((problem) => !/of the model failed/.test(problem));
  const rows = turns.flatMap((turn) => notable(turn).map((one) => ({ turn, ...one }))).sort((one, other) => one.kind.localeCompare(other.kind));
  const row = (/** @type {typeof rows[0]} */ one) => h("li.step", turnLink(one.turn.number), badge(one), clip(one.about || didWords(one.turn)));
  return [
    general.length ? lines(general) : null,
    rows.length ? growing(h("ol"), rows, row, 12) : h("p.good", "Nothing stands out: no call or tool failed, none was tried again, no stream stalled, no cache missed."),
    turns.length > 2 ? h("p.dim", extremes(turns)) : null,
  ];
}

/** Return links to the turns that are the most of something. @param {Turn[]} turns */
function extremes(turns) {
  /** @type {[string, (turn: Turn) => number | null | undefined, (value: number) => string][]} */
  const kinds = [["Slowest", (turn) => turn.ended && turn.ended - turn.started, seconds], ["Last to begin its answer", waited, seconds], ["Most input", (turn) => turn.tokens?.input, compact],
    ["Most written to the cache", (turn) => turn.tokens?.cache_write, compact], ["Dearest", (turn) => turn.dollars, dollars]];
  return kinds.map(([name, of, format]) => {
    const [best] = [...turns].sort((one, other) => (of(other) ?? 0) - (of(one) ?? 0));
    return of(best) ? [`${name}: `, turnLink(best.number), ` (${format(of(best) ?? 0)}). `] : null;
  });
}

/** @param {Summary} summary */
function timeBar({ time, turns }) {
  if (!time.seconds) return h("p.dim", "The record has no times.");
  const parts = Object.entries({ model: time.model, tools: time.tool, "the agent itself": time.agent, "idle: waiting for the user": time.idle });
  const [last] = [...turns].sort((one, other) => waited(other) - waited(one));
  return [shareBar("Time", parts.map(([name, size], at) => ({ name, size, text: seconds(size), color: ["--t-model", "--t-tool", "--t-agent", "--t-idle"][at] }))),
    time.median_to_first_token === null ? null : h("p", `First token after ${seconds(time.median_to_first_token)} (median), at most ${seconds(waited(last))} (`, turnLink(last.number), "). ", location.hash.startsWith("#time") ? null : h("a", { href: "#time" }, "When each turn ran"))];
}

/** Return the turns, where they are many by prompt, sub-agent and shortening of the conversation. @param {Page} page */
function story({ summary: { turns }, threads }) {
  const list = (/** @type {Turn[]} */ some) => growing(h("ol"), some, (turn) => step(turn, threads));
  if (turns.length <= 40) return list(turns);
  /** @type {Map<string, Turn[]>} */
  const groups = new Map();
  const parts = new Map();
  for (const turn of turns) {
    if (turn.shortened) parts.set(turn.thread, turn.number);
    const key = [turn.thread, turn.prompt, parts.get(turn.thread), turn.is_side].join();
    groups.set(key, [...(groups.get(key) ?? []), turn]);
  }
  return growing(h("div"), [...groups.values()], (some) => fold(groupWords(some, threads), () => list(some), { class: "fold" }));
}

/** @param {Turn[]} turns @param {Map<number, Thread>} threads */
function groupWords(turns, threads) {
  const count = (/** @type {string[]} */ names) => [...names.reduce((counts, name) => counts.set(name, (counts.get(name) ?? 0) + 1), new Map()).entries()].sort((one, other) => other[1] - one[1]);
  const calls = turns.flatMap((turn) => turn.tool_calls);
  const files = count(calls.filter(({ name, argument }) => /edit|write|patch/i.test(name) && argument).map(({ argument }) => argument));
  return [h("b", "Turns ", turnRanges(turns.map((turn) => turn.number))), " ", whoBadge(turns[0], threads), turns[0].shortened ? h("span.badge.warn", "after the conversation was shortened") : null,
    ` ${count(calls.map(({ name }) => name)).slice(0, 6).map(([name, times]) => `${number(times)} ${name}`).join(", ") || "no tool called"}`, files.length ? `; ${plural(files.length, "file")} changed: ${files.slice(0, 3).map(([name]) => name).join(", ")}${files.length > 3 ? ", …" : ""}` : ""];
}

/** @param {Turn} turn @param {Map<number, Thread>} threads */
function whoBadge(turn, threads) {
  const thread = threads.get(turn.thread);
  const who = turn.is_side ? turn.purpose : thread?.is_sub_agent ? `sub-agent ${thread.kind ?? thread.agent ?? ""}` : "";
  return who ? h("span.badge", isolated(who)) : null;
}

/** @param {Turn} turn @param {Map<number, Thread>} threads */
function step(turn, threads) {
  return h("li.step", turnLink(turn.number, h("span", { "aria-label": `Turn ${turn.number}` }, turn.number)), whoBadge(turn, threads), notable(turn).map(badge), clip(didWords(turn) || "no content in the answer"), h("span.dim.num", tookWords(turn)));
}

/** @param {Page} page */
function participants({ summary, threads }) {
  const from = (/** @type {{text: string, turn: number} | null | undefined} */ said) => said && [turnLink(said.turn), ": ", clip(said.text)];
  return [
    table("Threads of the conversation", summary.threads, {
      who: (thread) => threadName(thread, summary),
      "started by": ({ parent }) => (parent ? threadName(/** @type {Thread} */ (threads.get(parent)), summary) : "the user"),
      task: ({ task }) => from(task),
      turns: ({ turns }) => [plural(turns.length, "turn"), " (", turnRanges(turns), ")"],
      report: ({ report }) => from(report),
      "#tokens": ({ tokens }) => amount(tokens),
      "#cost": (thread) => amount(thread.dollars, dollars),
      "#time": (thread) => amount(thread.seconds, seconds),
    }, 20),
    summary.counts.side_requests ? null : h("p.dim", "No side requests."),
  ];
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
    Agent: [isolated(run.agent ?? run.target ?? "unknown"), run.agent_exit_code === null ? "" : `, exit code ${run.agent_exit_code}`],
    Command: command && [h("code", isolated(command)), " ", copyButton("Copy", async () => command)],
    Started: run.started && `${new Date(run.started * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`,
    "Replay of": run.replay_of,
    Secrets: run.keeps_secrets ? h("b.bad", "kept in the record: do not share it") : secrets.length ? ["redacted: ", h("a", { href: "#network/3" }, secrets.slice(0, 3).map(({ place }) => place).join(", ")), secrets.length > 3 && ", …"] : "none found",
    "Not understood": unknown.length && isolated(unknown.map(({ what, count }) => `${what} (${number(count)})`).join(", ")),
    Record: h("code", isolated(run.source)),
    "Written by": `${project.name} ${project.version}, ${made}`,
  });
}
