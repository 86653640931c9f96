// One turn: what is new in its request, then its answer; its whole context; its exchange.

/** New messages that are rendered at once; more of them begin as folds. */
const RENDERED = 12;

addView({
  name: "turn",
  async show(root, [, wanted, part = "", ...rest], page) {
    const turn = page.turn(Number(wanted));
    const parts = exchangeParts(turn.transport === "websocket");
    const plain = h("button", { type: "button", "aria-pressed": String(markdown.isShown), title: "Rendered Markdown or plain text (m)", onclick: switchMarkdown }, "Markdown");
    append(root, [turnHead(page, turn), turnFacts(turn), contextBar(turn), subtabs("Parts of the turn", `#turn-${turn.number}/`, part === "answer" ? "" : part, [["", "Turn"], ["context", "Whole context"], ...parts], plain)]);
    const body = h("div.turn-body");
    root.append(body);
    if (parts.some(([name]) => name === part)) await showExchange(body, page, turn.line, part, rest, `#turn-${turn.number}`, turn.part);
    else if (part === "context") await wholeContext(body, page, turn);
    else await turnBody(body, page, turn);
    if (part === "answer") root.querySelector(".answer")?.scrollIntoView();
    // The answer of a turn that is under way comes later.
    if (turn.ended === null) page.onUpdate(() => typeof page.turns.get(turn.number)?.ended === "number" && showAddress(page), root);
  },
});

/** @param {Page} page @param {Turn} turn */
function turnHead(page, turn) {
  const { number: own, before } = turn;
  const thread = page.threads.get(turn.thread);
  const state = rowState(turn).filter(Boolean);
  return [
    h(
      "div.turn-head",
      h("h2", `Turn ${own}`),
      thread?.is_sub_agent ? colored("span.badge.dot", "tool_calls", "sub-agent ", isolated(thread.agent ?? String(thread.number))) : null,
      turn.is_side ? h("span.badge", "side request: ", isolated(turn.purpose)) : null,
      state.length || turn.status === null ? state : h("span.badge.good", turn.status),
      h("span.dim", isolated(turn.model ?? turn.path), ` · ${clock(turn.started)} · `, h("a", { href: `#exchange-${turn.line}` }, `exchange ${turn.line}`)),
      h("span.space"),
      before === null ? null : h("a.button", { href: `#compare/turn-${before}/turn-${own}`, title: "What changed since the turn that it goes on from (d)" }, `Compare with ${before}`),
      copyMenu([
        ["Link to this turn", async () => permalink(`#turn-${own}`)],
        ["As Markdown", () => turnMarkdown(page, turn)],
        ["Request as curl", async () => asCurl(page, await page.detail(turn.line))],
        ["Facts as JSON", async () => JSON.stringify(turn, null, 2)],
      ]),
    ),
    h("p.head-did", isolated(didWords(turn))),
  ];
}

/** @param {Page} page @param {Turn} turn */
async function turnMarkdown(page, turn) {
  const { items, turns } = await page.index();
  const messages = (await newItems(page, turn)).filter((item) => items[item].kind === "message");
  const blocks = await Promise.all(messages.map((item) => page.store.json(items[item].blocks)));
  const answer = turns[turn.number]?.answer ?? null;
  return `## Turn ${turn.number}\n\n${blocksMarkdown(blocks.flat())}\n\n### Answer\n\n${answer === null ? "*none*" : blocksMarkdown(await page.store.json(answer))}\n`;
}

/** @param {Turn} turn */
function turnFacts(turn) {
  const { tokens, cache, longest_silence: silence } = turn;
  const cached = tokens?.cache_read ? `${number(tokens.cache_read)} from the cache` : tokens?.cache_write ? `${number(tokens.cache_write)} written to the cache` : null;
  return factsView(
    ["Input", `${number(tokens?.input)} tokens`, cached],
    ["Output", `${number(tokens?.output)} tokens`, tokens?.reasoning ? `${number(tokens.reasoning)} reasoning` : null],
    ["Cost", turn.dollars === null ? null : dollars(turn.dollars)],
    ["Took", tookWords(turn) || "?", turn.first_token === null ? null : `first token after ${seconds(turn.first_token - turn.started)}`],
    ["Longest silence", silence && silence.seconds >= 1 ? seconds(silence.seconds) : null],
    ["Stopped by", turn.stop_word ?? turn.stop],
    ["Cache missed", cache?.missed ? `${number(cache.missed)} tokens` : null, `of ${number(cache?.expected)} sent before`],
    ["Answered by", turn.answered_by === turn.model ? null : turn.answered_by],
  );
}

/** Return what the request consists of, as one bar. @param {Turn} turn */
function contextBar({ number: own, context, context_tokens: estimated }) {
  const words = (/** @type {ContextKind} */ kind) => (estimated ? `${compact(estimated[kind] ?? 0)} tokens` : bytes(context[kind]));
  const parts = KINDS.flatMap(([kind, name]) => (context[kind] ? { name, color: `--k-${kind}`, size: context[kind], text: words(kind) } : []));
  return parts.length ? h("a.context-link", { href: `#context/turn-${own}`, title: "What the context consists of" }, shareBar("Request", parts)) : null;
}

/** Show what models say as Markdown, or as plain text. */
function switchMarkdown() {
  markdown.isShown = !markdown.isShown;
  announce(markdown.isShown ? "Markdown is rendered." : "Text is plain.");
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Return the items that a turn sent and the one before it did not. @param {Page} page @param {Turn} turn */
async function newItems(page, turn) {
  const { items } = await page.index();
  const before = new Set(turn.before === null ? [] : (await page.items(turn.before)).map((item) => items[item].canonical));
  return (await page.items(turn.number)).filter((item) => !before.has(items[item].canonical));
}

/** @param {HTMLElement} root @param {Page} page @param {Turn} turn */
async function turnBody(root, page, turn) {
  const { items, turns } = await page.index();
  const fresh = await newItems(page, turn);
  const { answer = null, notes = null, echoes = null } = turns[turn.number] ?? {};
  append(root, [sectionHead("New in this request", newWords(turn)), problemsOf(turn), await cacheReason(page, turn)]);
  if (notes !== null) append(root, renderBlocks(await page.store.json(notes), { page }));
  await showNewMessages(root, page, turn, fresh.filter((item) => items[item].kind === "message"));
  for (const [kind, one, many] of [["instructions", "piece of instructions", "pieces of instructions"], ["tool", "tool", "tools"], ["setting", "setting", "settings"]]) {
    const found = fresh.filter((item) => items[item].kind === kind);
    const names = kind === "instructions" ? "" : found.slice(0, 14).map((item) => items[item].name).join(", ") + (found.length > 14 ? ", …" : "");
    if (found.length) root.append(fold([plural(found.length, one, many), turn.before === null ? " " : " new or changed ", h("small", isolated(names))], () => itemList(page, items, found)));
  }
  root.append(h("div.answer", sectionHead("Answer", "")));
  if (answer !== null) append(root, answerView(await page.store.json(answer), { page, role: "assistant", result: resultFinder(page, turn) }));
  else root.append(remark(turn.problem ?? (turn.ended === null && page.live ? "The answer has not arrived yet." : "No answer was recorded.")));
  if (echoes !== null && echoes !== turns[turn.before ?? 0]?.echoes) root.append(fold("What the answer repeats otherwise than it was sent", async () => renderBlocks(await page.store.json(echoes), { page })));
}

/** Return what the model said and did, and below it what is known of the answer. @param {Block[]} blocks @param {BlockContext} context */
function answerView(blocks, context) {
  const isAbout = (/** @type {Block} */ { block }) => ["Settings", "EventCounts", "Usage"].includes(block);
  return [...renderBlocks(blocks.filter((block) => !isAbout(block)), context), h("div.about", renderBlocks(blocks.filter(isAbout), context))];
}

/** @param {string} title @param {any} about */
function sectionHead(title, about) {
  return h("div.section", h("h3", title), h("span.dim", about));
}

/** @param {Turn} turn */
function newWords({ new: fresh, before }) {
  if (before === null) return "the first request of its thread";
  const words = [
    fresh.messages ? plural(fresh.messages, "message") : "no new message",
    fresh.instructions ? "new instructions" : "",
    fresh.tools ? `${plural(fresh.tools, "tool")} new or changed` : "",
    fresh.settings ? plural(fresh.settings, "setting") : "",
    fresh.dropped ? `${number(fresh.dropped)} dropped` : "",
  ];
  return [words.filter(Boolean).join(", "), ", compared with ", turnLink(before)];
}

/** @param {Turn} turn */
function problemsOf({ tries, problem }) {
  const failed = tries.map((one) => h("p.remark.warn", `Failed try at ${clock(one.started)}${one.status ? `, status ${one.status}` : ""}: `, isolated(one.problem), " ", h("a", { href: `#exchange-${one.line}` }, `exchange ${one.line}`)));
  return [failed, problem ? remark(problem, "bad") : null];
}

/** @param {Page} page @param {Turn} turn */
async function cacheReason(page, { cache, number: own }) {
  if (!cache?.reason) return null;
  const item = cache.first_change ? (await page.items(own))[cache.first_change.place] : undefined;
  return h("p.remark.warn", "Cache: ", isolated(cache.reason), " ", item === undefined ? null : h("a", { href: `#item-${item}` }, "the first item that differs"));
}

/** Show new messages: what was never sent before in full, the rest as folds. @param {HTMLElement} root @param {Page} page @param {Turn} turn @param {number[]} messages */
async function showNewMessages(root, page, turn, messages) {
  const { items } = await page.index();
  const first = await page.firstTurns();
  /** @param {number} item */
  const mark = (item) => {
    if (first[item] < turn.number) return `first in turn ${first[item]}`;
    return turn.before !== null && ["assistant", "reasoning", "tool_calls"].includes(itemKind(items[item])) ? "of an answer, sent back" : null;
  };
  const early = new Set(messages.slice(0, -RENDERED));
  for (let at = 0; at < messages.length; ) {
    const start = at;
    while (at < messages.length && (early.has(messages[at]) || mark(messages[at]))) at += 1;
    if (at > start) root.append(itemList(page, items, messages.slice(start, at), mark));
    if (at === messages.length) break;
    const item = messages[at++];
    const link = h("a.item-link", { href: `#item-${item}`, title: "This item: its JSON, and the turns that sent it" }, `item ${item}`);
    root.append(h("div.new-message", link, await itemBlocks(page, items[item], false)));
  }
}

/** Return what finds the result of a tool call in the turn that sent it. @param {Page} page @param {Turn} turn */
function resultFinder(page, turn) {
  const following = page.summary.turns.find((other) => other.before === turn.number && !other.is_side)?.number ?? null;
  /** @type {Map<number, Promise<Map<string, Block>>>} */
  const known = new Map();
  return async (/** @type {string} */ callId) => {
    const call = turn.tool_calls.find((one) => one.call_id === callId);
    const where = call ? call.result_turn ?? following : following;
    if (where === null) return null;
    const results = known.get(where) ?? resultsIn(page, where);
    known.set(where, results);
    const block = (await results).get(callId);
    return block ? { block, turn: where } : null;
  };
}

/** Return the results of tools that are new in a turn, by the call's id. @param {Page} page @param {number} turn @returns {Promise<Map<string, Block>>} */
async function resultsIn(page, turn) {
  const { items } = await page.index();
  const messages = (await newItems(page, page.turn(turn))).filter((item) => items[item].kind === "message");
  const blocks = (await Promise.all(messages.map((item) => page.store.json(items[item].blocks)))).flat();
  const all = blocks.flatMap((block) => [block, ...(block.content ?? [])]);
  return new Map(all.filter(({ block }) => block === "ToolResult").map((block) => [block.call_id, block]));
}

/** Show all that a request has, in its order, by kind. @param {HTMLElement} root @param {Page} page @param {Turn} turn */
async function wholeContext(root, page, turn) {
  const { items } = await page.index();
  const [all, fresh] = [await page.items(turn.number), new Set(await newItems(page, turn))];
  if (!all.length) root.append(remark("No item of the request could be read."));
  for (const [kind, title] of [["instructions", "Instructions"], ["message", "Messages"], ["tool", "Tools"], ["setting", "Settings"]]) {
    const found = all.filter((item) => items[item].kind === kind);
    if (found.length) append(root, [sectionHead(title, number(found.length)), itemList(page, items, found, (item, at) => [`#${at + 1}`, turn.before !== null && fresh.has(item) ? " new" : ""])]);
  }
}
