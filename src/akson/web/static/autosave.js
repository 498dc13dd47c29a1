// A clinical text saves itself to the server within two seconds of the last key, and never anywhere else.
const DELAY = 1200;
const RETRY = 4000;

for (const form of document.querySelectorAll("form[data-autosave]")) watch(form);

function watch(form) {
  const state = document.querySelector(".save-state");
  let timer = 0;
  let saving = false;
  let again = false;

  const say = (kind, words) => {
    state.dataset.state = kind;
    state.textContent = words;
  };

  const save = async () => {
    if (saving) {
      again = true;
      return;
    }
    saving = true;
    again = false;
    say("saving", state.dataset.saving);
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { "x-csrf-token": form.elements.csrf_token.value },
      });
      if (answer.status === 409) {
        say("failed", state.dataset.conflict);
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      const saved = await answer.json();
      version(form).value = saved.version;
      say("saved", saved.words);
    } catch {
      say("failed", state.dataset.failed);
      timer = setTimeout(save, RETRY);
    } finally {
      saving = false;
      if (again) timer = setTimeout(save, DELAY);
    }
  };

  form.addEventListener("input", () => {
    state.dataset.state = "changed";
    clearTimeout(timer);
    timer = setTimeout(save, DELAY);
  });
  // A form that is sent takes its words along: what is waiting must not be saved after it.
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    state.dataset.state = "sent";
  });
  addEventListener("beforeunload", (event) => {
    if (["changed", "saving", "failed"].includes(state.dataset.state)) event.preventDefault();
  });
}

function version(form) {
  if (!form.elements.version) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "version";
    form.append(field);
  }
  return form.elements.version;
}
