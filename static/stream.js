// Shows a stream's events as they come, newest first; the page names the stream, and works as a form without this.
(() => {
  const MOST = 200;
  const stream = document.getElementById("followed");
  if (!stream || !window.EventSource) return;
  const list = document.getElementById("followed-events");
  const state = document.getElementById("followed-state");
  const pause = document.getElementById("followed-pause");
  let source = null;
  let count = 0;

  const say = (text) => {
    state.textContent = text;
  };
  const show = (text) => {
    const item = document.createElement("li");
    const body = document.createElement("pre");
    body.textContent = text;
    item.append(body);
    list.prepend(item);
    while (list.childElementCount > MOST) list.lastElementChild.remove();
  };
  const follow = () => {
    source = new EventSource(stream.dataset.address);
    source.onopen = () => say(count ? `${count} events` : "Waiting for events");
    source.onmessage = (event) => {
      count += 1;
      let text = event.data;
      try {
        text = JSON.stringify(JSON.parse(event.data), null, 1);
      } catch {
        // shown as it came
      }
      show(text);
      say(`${count} events`);
    };
    source.addEventListener("dropped", (event) => show(`${JSON.parse(event.data).count} events were left out here.`));
    source.onerror = () => say(source.readyState === EventSource.CLOSED ? "The stream was refused." : "Connecting again");
  };

  pause.hidden = false;
  pause.addEventListener("click", () => {
    if (source) {
      source.close();
      source = null;
      pause.textContent = "Go on";
      say(`${count} events, paused`);
    } else {
      pause.textContent = "Pause";
      follow();
    }
  });
  follow();
})();
