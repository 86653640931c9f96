// Where the reader is: the part of the address behind `#`, so that every place has a permalink.
//
//   #overview   #turns   #turn-12   #turn-12/answer   #item-345   #exchange-7/response   #compare/turn-3/turn-8

/** @type {Record<string, View>} By the first word of their addresses. */
const VIEWS = {};

/** @param {View} view */
function addView(view) {
  VIEWS[view.name] = view;
}

/** `#turn-12/answer` is ["turn", "12", "answer"]. @param {string} hash */
function addressParts(hash) {
  const [first, ...rest] = hash.slice(1).split("/");
  const [, name = first || "overview", ...wanted] = /^([a-z]+)-(.+)$/.exec(first) ?? [];
  return [name, ...wanted, ...rest].map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
}

/** @param {string} address */
function go(address) {
  location.hash = address;
}

/** @returns {never} */
function noPlace() {
  throw new Error(`This run has no place “${location.hash}”.`);
}
