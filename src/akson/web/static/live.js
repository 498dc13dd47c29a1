// Listens while a page is open and lets it ask again for what changed. The stream tells only that something changed.
const address = document.querySelector("[data-live]")?.dataset.live;

if (address) {
  const stream = new EventSource(address);
  stream.addEventListener("register-changed", () => htmx.trigger(document.body, "register-changed"));
  addEventListener("pagehide", () => stream.close());
}
