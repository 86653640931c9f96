// Where the reader is: the part of the address behind `#`, so that every place has a permalink.
//
//   #overview   #turns   #turn-12   #turn-12/answer   #item-345   #exchange-7/response   #compare/turn-3/turn-8

/** @type {Record<string, View>} */
const VIEWS = {};

/** Add a view to the page. @param {View} view */
function addView(view) {
  VIEWS[view.name] = view;
}

/** Return the parts of an address: `#turn-12/answer` is ["turn", "12", "answer"]. @param {string} hash */
function addressParts(hash) {
  const [first, ...rest] = hash.replace(/^#/, "").split("/");
  const match = /^([a-z]+)-(.+)$/.exec(first);
  return [...(match ? [match[1], match[2]] : [first || "overview"]), ...rest].map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
}

/** Go to an address. @param {string} address */
function go(address) {
  location.hash = address;
}
