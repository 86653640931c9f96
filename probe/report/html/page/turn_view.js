// One turn: what is new in its request, then its answer; its whole context; its exchange.

/** New messages that are rendered at once; more of them begin as folds. */
const RENDERED = 12;

addView({
  name: "turn",
  async show(root, [, wanted, part = "", ...rest], page) {
    const turn = page.turn(Number(wanted));
    append(root, [turnHead(page, turn), turnFacts(turn), contextBar(turn), turnTabs(turn, part)]);
    const body = h("div", { class: "turn-body" });
    root.append(body);
    if (part === "context") await wholeContext(body, page, turn);
    else if (["request", "response", "websocket"].includes(part)) await showExchange(body, page, turn.line, part, rest, `#turn-${turn.number}`, turn.part);
    else await turnBody(body, page, turn);
    if (part === "answer") root.querySelector(".answer")?.scrollIntoView();
    if (page.live && turn.ended === null) reshowWhenDone(root, page, turn);
  },
});

/** Show a turn anew when it has ended: its answer was not there. @param {HTMLElement} root @param {Page} page @param {Turn} turn */
function reshowWhenDone(root, page, turn) {
  let isDone = false;
  page.onUpdate(() => {
    if (isDone || page.turns.get(turn.number)?.ended == null) return;
    isDone = true;
    showAddress(page);
  }, root);
}

/** @param {Page} page @param {Turn} turn */
function turnHead(page, turn) {
  const thread = page.threads.get(turn.thread);
  const state = rowState(turn).filter(Boolean);
  return [
    h(
      "div",
      { class: "turn-head" },
      h("h2", {}, `Turn ${turn.number}`),
      thread?.is_sub_agent ? colored("span", "tool_calls", { class: "badge dot" }, "sub-agent ", isolated(thread.agent ?? String(thread.number))) : null,
      turn.is_side ? h("span", { class: "badge" }, "side request: ", isolated(turn.purpose)) : null,
      turn.status !== null && turn.status < 400 && !state.length ? h("span", { class: "badge good" }, turn.status) : state,
      h("span", { class: "dim" }, isolated(turn.model ?? turn.path), ` · ${clock(turn.started).slice(0, 12)}`),
      h("span", { class: "space" }),
      turn.before === null ? null : h("a", { class: "button", href: `#compare/turn-${turn.before}/turn-${turn.number}`, title: "What changed since the turn that it goes on from" }, `Compare with ${turn.before}`),
      copyMenu(turnCopies(page, turn)),
    ),
    h("p", { class: "head-did" }, isolated(turn.did || turn.purpose)),
  ];
}

/** @param {Page} page @param {Turn} turn @returns {[string, () => Promise<string>][]} */
function turnCopies(page, turn) {
  return [
    ["Link to this turn", async () => permalink(`#turn-${turn.number}`)],
    ["As Markdown", () => turnMarkdown(page, turn)],
    ["Request as curl", async () => asCurl(page, await page.detail(turn.line))],
    ["Request body", async () => bodyText(page, (await page.detail(turn.line)).request)],
    ["Response body", async () => bodyText(page, (await page.detail(turn.line)).response)],
    ["Facts as JSON", async () => JSON.stringify(turn, null, 2)],
  ];
}

/** @param {Page} page @param {Payload | null} payload */
async function bodyText(page, payload) {
  return payload ? new TextDecoder().decode(await page.store.body(payload.body)) : "";
}

/** @param {Page} page @param {Turn} turn */
async function turnMarkdown(page, turn) {
  const index = await page.index();
  const fresh = await newItems(page, turn);
  const messages = fresh.filter((item) => index.items[item].kind === "message");
  const blocks = (await Promise.all(messages.map((item) => page.store.json(index.items[item].blocks)))).flat();
  const { answer } = index.turns[turn.number] ?? { answer: null };
  const said = answer === null ? "*no answer*" : blocksMarkdown(await page.store.json(answer));
  return `## Turn ${turn.number}\n\n${blocksMarkdown(blocks)}\n\n### Answer\n\n${said}\n`;
}

/** @param {Turn} turn */
function turnFacts(turn) {
  const { tokens, cache } = turn;
  const waited = turn.first_token === null ? null : turn.first_token - turn.started;
  return h(
    "dl",
    { class: "facts" },
    factView("Input", `${number(tokens?.input)} tokens`, tokens?.cache_read ? `${number(tokens.cache_read)} from the cache` : tokens?.cache_write ? `${number(tokens.cache_write)} written to the cache` : null),
    factView("Output", `${number(tokens?.output)} tokens`, tokens?.reasoning ? `${number(tokens.reasoning)} reasoning` : null),
    turn.dollars === null ? null : factView("Cost", dollars(turn.dollars)),
    factView("Took", tookWords(turn) || "?", waited === null ? null : `first token after ${seconds(waited)}`),
    turn.longest_silence && turn.longest_silence.seconds >= 1 ? factView("Longest silence", seconds(turn.longest_silence.seconds)) : null,
    factView("Stopped by", isolated(turn.stop_word ?? turn.stop ?? "?")),
    cache && cache.missed ? factView("Cache missed", `${number(cache.missed)} tokens`, `of ${number(cache.expected)} sent before`) : null,
    turn.answered_by && turn.answered_by !== turn.model ? factView("Answered by", isolated(turn.answered_by)) : null,
  );
}

/** Return what the request consists of, as one bar. @param {Turn} turn */
function contextBar(turn) {
  const kinds = KINDS.filter(([kind]) => turn.context[kind]);
  if (!kinds.length) return null;
  const inTokens = turn.context_tokens;
  const size = (/** @type {ContextKind} */ kind) => (inTokens ? `${compact(inTokens[kind] ?? 0)} tokens` : bytes(turn.context[kind]));
  const bar = h("div", { class: "context-bar", role: "img", "aria-label": `Request: ${kinds.map(([kind, name]) => `${name} ${size(kind)}`).join(", ")}` });
  for (const [kind, name] of kinds) {
    const part = colored("i", kind, { title: `${name}: ${size(kind)}` });
    part.style.flexGrow = String(turn.context[kind]);
    bar.append(part);
  }
  return h("a", { href: `#context/turn-${turn.number}`, class: "context-link", title: "What the context consists of" }, bar, h("span", { class: "legend" }, kinds.map(([kind, name]) => colored("span", kind, {}, h("i"), `${name} ${size(kind)}`))));
}

/** @param {Turn} turn @param {string} part */
function turnTabs(turn, part) {
  const parts = turn.transport === "websocket" ? [["", "Turn"], ["context", "Whole context"], ["websocket", "WebSocket"], ["request", "Handshake"]] : [["", "Turn"], ["context", "Whole context"], ["request", "Request"], ["response", "Response"]];
  const current = part === "answer" ? "" : part;
  return h(
    "nav",
    { class: "subtabs", "aria-label": "Parts of the turn" },
    parts.map(([name, label]) => h("a", { href: `#turn-${turn.number}${name ? `/${name}` : ""}`, "aria-current": name === current ? "true" : null }, label)),
    h("span", { class: "space" }),
    h("button", { type: "button", "aria-pressed": String(showsMarkdown), title: "Rendered Markdown or plain text (m)", onclick: switchMarkdown }, "Markdown"),
  );
}

/** Show what models say as Markdown, or as plain text. */
function switchMarkdown() {
  showsMarkdown = !showsMarkdown;
  announce(showsMarkdown ? "Markdown is rendered." : "Text is plain.");
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Return the items that a turn sent and the one before it did not. @param {Page} page @param {Turn} turn */
async function newItems(page, turn) {
  const { items } = await page.index();
  const same = (/** @type {number} */ item) => items[item].canonical;
  const before = new Set(turn.before === null ? [] : (await page.items(turn.before)).map(same));
  return (await page.items(turn.number)).filter((item) => !before.has(same(item)));
}

/** @param {HTMLElement} root @param {Page} page @param {Turn} turn */
async function turnBody(root, page, turn) {
  const [index, fresh, first] = [await page.index(), await newItems(page, turn), await page.firstTurns()];
  const content = index.turns[turn.number] ?? { answer: null, notes: null, echoes: null };
  append(root, [sectionHead("New in this request", newWords(turn)), problemsOf(page, turn)]);
  if (turn.cache?.reason) root.append(await cacheReason(page, turn));
  if (content.notes !== null) append(root, renderBlocks(await page.store.json(content.notes), { page }));
  await newMessages(root, page, index, turn, fresh, first);
  append(root, foldsOf(page, index, turn, fresh));
  root.append(h("div", { class: "answer" }, sectionHead("Answer", turn.text || turn.tool_calls.length || content.answer !== null ? "" : "none")));
  const result = resultFinder(page, turn);
  if (content.answer !== null) append(root, answerView(await page.store.json(content.answer), { page, role: "assistant", result }));
  else if (turn.problem) root.append(h("p", { class: "failure" }, isolated(turn.problem)));
  else root.append(remark(turn.ended === null && page.live ? "The answer has not arrived yet." : "No answer was recorded."));
  const { echoes } = content;
  if (echoes !== null && echoes !== index.turns[turn.before ?? 0]?.echoes) root.append(fold(["What the answer repeats otherwise than it was sent"], async () => renderBlocks(await page.store.json(echoes), { page })));
}

/** Return what the model said and did, and below it what is known of the answer. @param {Block[]} blocks @param {BlockContext} context */
function answerView(blocks, context) {
  const isAbout = (/** @type {Block} */ { block }) => ["Settings", "EventCounts", "Usage"].includes(block);
  const about = renderBlocks(blocks.filter(isAbout), context);
  return [renderBlocks(blocks.filter((block) => !isAbout(block)), context), about.length ? h("div", { class: "about" }, about) : null];
}

/** @param {string} title @param {any} about */
function sectionHead(title, about) {
  return h("div", { class: "section" }, h("h3", {}, title), about ? h("span", { class: "dim" }, about) : null);
}

/** @param {Turn} turn */
function newWords(turn) {
  const { new: fresh, before } = turn;
  if (before === null) return "the first request of its thread";
  const words = [fresh.messages ? plural(fresh.messages, "message") : "no new message"];
  if (fresh.instructions) words.push("new instructions");
  if (fresh.tools) words.push(`${plural(fresh.tools, "tool")} new or changed`);
  if (fresh.settings) words.push(plural(fresh.settings, "setting"));
  if (fresh.dropped) words.push(`${number(fresh.dropped)} dropped`);
  return [`${words.join(", ")}, compared with `, h("a", { href: `#turn-${before}` }, `turn ${before}`)];
}

/** @param {Page} page @param {Turn} turn */
function problemsOf(page, turn) {
  const tries = turn.tries.map((one) =>
    h("p", { class: "remark warn" }, `Failed try at ${clock(one.started).slice(0, 12)}${one.status ? `, status ${one.status}` : ""}: `, isolated(one.problem), " ", page.exchanges.has(one.line) ? h("a", { href: `#exchange-${one.line}` }, `exchange ${one.line}`) : null),
  );
  return [tries, turn.problem ? h("p", { class: "remark bad" }, isolated(turn.problem)) : null];
}

/** @param {Page} page @param {Turn} turn */
async function cacheReason(page, turn) {
  const { reason, first_change: change } = /** @type {CacheFacts} */ (turn.cache);
  const item = change ? (await page.items(turn.number))[change.place] : undefined;
  return h("p", { class: "remark warn" }, "Cache: ", isolated(reason ?? ""), item === undefined ? null : [" ", h("a", { href: `#item-${item}` }, "the first item that differs")]);
}

/** Show new messages: what was never sent before in full, the rest as folds. @param {HTMLElement} root @param {Page} page @param {Index} index @param {Turn} turn @param {number[]} fresh @param {Uint32Array} first */
async function newMessages(root, page, index, turn, fresh, first) {
  const messages = fresh.filter((item) => index.items[item].kind === "message");
  const isEcho = (/** @type {number} */ item) => turn.before !== null && ["assistant", "model"].includes(index.items[item].role ?? "");
  const early = new Set(messages.slice(0, -RENDERED));
  const isFolded = (/** @type {number} */ item) => early.has(item) || isEcho(item) || first[item] < turn.number;
  for (let at = 0; at < messages.length; ) {
    const folded = [];
    while (at < messages.length && isFolded(messages[at])) folded.push(messages[at++]);
    const mark = (/** @type {number} */ item) => (first[item] < turn.number ? h("span", { class: "badge" }, `first in turn ${first[item]}`) : isEcho(item) ? h("span", { class: "badge" }, "an answer, sent back") : null);
    if (folded.length) root.append(itemList(page, index.items, folded, (item) => ({ mark: mark(item) })));
    if (at < messages.length) root.append(await newMessage(page, index, messages[at++]));
  }
}

/** @param {Page} page @param {Index} index @param {number} item */
async function newMessage(page, index, item) {
  const facts = index.items[item];
  const blocks = await page.store.json(facts.blocks);
  const content = renderBlocks(blocks, { page, origins: facts.origins, raw: () => page.store.json(facts.raw), role: facts.role ?? undefined });
  const link = h("a", { class: "item-link", href: `#item-${item}`, title: "This item: its JSON, and the turns that sent it" }, `item ${item}`);
  return h("div", { class: "new-message" }, link, content);
}

/** Return folds of what else is new: instructions, tools, settings. @param {Page} page @param {Index} index @param {Turn} turn @param {number[]} fresh */
function foldsOf(page, index, turn, fresh) {
  return /** @type {[ItemFacts["kind"], string, string][]} */ ([["instructions", "piece of instructions", "pieces of instructions"], ["tool", "tool", "tools"], ["setting", "setting", "settings"]]).map(([kind, one, many]) => {
    const items = fresh.filter((item) => index.items[item].kind === kind);
    if (!items.length) return null;
    const names = kind === "instructions" ? "" : items.slice(0, 14).map((item) => index.items[item].name).join(", ") + (items.length > 14 ? ", …" : "");
    const title = `${plural(items.length, one, many)}${turn.before === null ? "" : " new or changed"}`;
    return fold([title, h("small", {}, " ", isolated(names))], () => itemList(page, index.items, items));
  });
}

/** Return what finds the result of a tool call in the turn that sent it. @param {Page} page @param {Turn} turn */
function resultFinder(page, turn) {
  const following = page.summary.turns.find((other) => other.before === turn.number && !other.is_side)?.number ?? null;
  return async (/** @type {string} */ callId) => {
    const known = turn.tool_calls.find((call) => call.call_id === callId);
    const where = known ? known.result_turn : following;
    const block = where === null ? undefined : (await resultsIn(page, where)).get(callId);
    return block && where !== null ? { block, turn: where } : null;
  };
}

/** Return the results of tools that are new in a turn, by the call's id. @param {Page} page @param {number} turn @returns {Promise<Map<string, Block>>} */
async function resultsIn(page, turn) {
  if (resultsIn.turn === turn && resultsIn.page === page) return resultsIn.found;
  const { items } = await page.index();
  /** @type {Map<string, Block>} */
  const found = new Map();
  for (const item of await newItems(page, page.turn(turn))) {
    if (!items[item].context.tool_results) continue;
    const blocks = await page.store.json(items[item].blocks);
    for (const block of blocks.flatMap((/** @type {Block} */ one) => [one, ...(one.content ?? [])])) if (block.block === "ToolResult" && block.call_id) found.set(block.call_id, block);
  }
  [resultsIn.turn, resultsIn.page, resultsIn.found] = [turn, page, found];
  return found;
}
resultsIn.turn = 0;
resultsIn.page = /** @type {Page | null} */ (null);
resultsIn.found = /** @type {Map<string, Block>} */ (new Map());

/** Show all that a request has, in its order, by kind. @param {HTMLElement} root @param {Page} page @param {Turn} turn */
async function wholeContext(root, page, turn) {
  const [index, all, fresh] = [await page.index(), await page.items(turn.number), new Set(await newItems(page, turn))];
  const titles = { instructions: "Instructions", tool: "Tools", message: "Messages", setting: "Settings" };
  if (!all.length) root.append(remark("The request has no items: its body could not be read as this API's, or it goes on from what the API has stored."));
  for (const kind of /** @type {ItemFacts["kind"][]} */ (["instructions", "message", "tool", "setting"])) {
    const items = all.filter((item) => index.items[item].kind === kind);
    if (!items.length) continue;
    const mark = (/** @type {number} */ item) => (turn.before !== null && fresh.has(item) ? h("span", { class: "badge warn" }, "new") : null);
    append(root, [sectionHead(titles[kind], number(items.length)), itemList(page, index.items, items, (item, at) => ({ place: at + 1, mark: mark(item) }))]);
  }
}
