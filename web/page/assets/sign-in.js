"use strict";
// Sends the function key as a header, once, to where the page came from. It is kept nowhere.
(() => {
  const form = document.getElementById("sign-in");
  const key = document.getElementById("key");
  const said = document.getElementById("said");

  const send = async (given) => {
    const headers = given ? { "x-functions-key": given } : {};
    const answer = await fetch(form.action, {
      method: "POST", headers, cache: "no-store", redirect: "manual",
    });
    return answer.type === "opaqueredirect";
  };
  const go = () => location.replace(form.dataset.next);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.textContent = "Signing in …";
    const given = key.value.trim();
    key.value = "";
    try {
      if (await send(given)) return go();
      said.textContent = "The host does not take this key.";
    } catch {
      said.textContent = "The host does not answer.";
    }
    key.focus();
  });

  // A page that was opened from elsewhere comes without its cookie; and a host may ask for no key.
  (async () => {
    const answer = await fetch(form.dataset.asks, { cache: "no-store" });
    if ((await answer.json()).signed_in || (form.dataset.tries === "yes" && (await send("")))) go();
  })().catch(() => {});
})();
