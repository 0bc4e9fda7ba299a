// The wall screen: asks again by itself, and says how old its data is when nobody answers.
(() => {
  "use strict";
  const board = document.getElementById("board");
  const age = document.getElementById("board-age");
  const alarm = document.getElementById("board-alarm");
  const every = Number(board.dataset.every) * 1000;
  const address = new URL(location.href);
  address.searchParams.set("part", "1");
  let etag = board.dataset.etag;
  let seen = Date.now();
  let asking = false;

  const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };

  const ask = async () => {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(address, {
        headers: { "If-None-Match": etag },
        cache: "no-store",
        redirect: "error",
        signal: AbortSignal.timeout(10000),
      });
      if (answer.status === 404) location.reload(); // switched off: nothing may stay on the wall
      if (answer.status === 200) {
        board.innerHTML = await answer.text();
        etag = answer.headers.get("ETag") ?? "";
      }
      if (answer.status === 200 || answer.status === 304) seen = Date.now();
    } catch { /* the age says it */ } finally {
      asking = false;
    }
  };

  const tell = () => {
    const seconds = Math.round((Date.now() - seen) / 1000);
    const old = seconds * 1000 > every * 2.5;
    age.classList.toggle("board-old", old);
    write(age, old ? `Data is ${seconds} s old: the server does not answer` : `as of ${new Date(seen).toLocaleTimeString()}`);
    write(alarm, old ? "The server does not answer; the data is old" : "");
  };

  setInterval(ask, every);
  setInterval(tell, 1000);
  addEventListener("online", ask);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
})();
