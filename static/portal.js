// What the pages gain from JavaScript. Everything works without it; nothing here decides anything.
(() => {
  'use strict';
  const all = (what, within = document) => [...within.querySelectorAll(what)];
  const one = (what, within = document) => within.querySelector(what);
  const live = one('#live');
  // Emptied first, so that the same words are read again.
  const say = (words) => {
    if (!live) return;
    live.textContent = '';
    setTimeout(() => { live.textContent = words; }, 100);
  };

  // Safari drops the meaning of a table whose rows are laid out as cards; in the HTML these roles would be errors.
  const roles = { TABLE: 'table', THEAD: 'rowgroup', TBODY: 'rowgroup', TR: 'row', TD: 'cell' };
  const dress = (within) => {
    for (const table of all('table.table', within)) {
      for (const e of [table, ...all('thead, tbody, tr, td, th', table)]) {
        e.setAttribute('role', roles[e.tagName] || (e.scope === 'row' ? 'rowheader' : 'columnheader'));
      }
    }
    for (const e of all('[data-show], [data-copy], [data-all]', within)) e.hidden = false;
    for (const form of all('form[data-bulk]', within)) count(form);
  };

  // Ticking rows.
  const count = (form) => {
    const rows = all('[data-row]', form);
    const ticked = rows.filter((r) => r.checked).length;
    for (const e of all('[data-count]', form)) e.textContent = `${ticked} of ${rows.length} ${e.dataset.count}`;
    const head = one('[data-all] input', form);
    if (head) { head.checked = ticked > 0 && ticked === rows.length; head.indeterminate = ticked > 0 && !head.checked; }
    return `${ticked} of ${rows.length} selected`;
  };
  document.addEventListener('change', ({ target }) => {
    const form = target.closest('form[data-bulk]');
    if (!form) return;
    if (target.closest('[data-all]')) {
      for (const r of all('[data-row]', form)) r.checked = target.checked;
      say(count(form));
    } else if (target.matches('[data-row]')) say(count(form));
  });

  // A second press within a moment is the same press. The button stays a button for those who hear the page.
  document.addEventListener('submit', (e) => {
    const form = e.target;
    if (form.method === 'dialog') return;
    const now = Date.now();
    if (form.method === 'post' && now - (form.sentAt || 0) < 3000) return e.preventDefault();
    form.sentAt = now;
    for (const b of all('[data-show]', form)) mask(b, true);
  });
  addEventListener('pageshow', () => { for (const f of document.forms) f.sentAt = 0; });

  const mask = (button, hide) => {
    const field = document.getElementById(button.dataset.show);
    if (!field) return;
    field.type = hide ? 'password' : 'text';
    button.textContent = hide ? 'Show' : 'Hide';
    button.setAttribute('aria-label', hide ? 'Show password' : 'Hide password');
  };
  const copy = async (button) => {
    const field = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.select();
      if (!document.execCommand('copy')) return say('Not copied. Select the text and copy it yourself.');
    }
    say(button.dataset.said || 'Copied');
    const words = button.firstChild;
    words.textContent = 'Copied';
    setTimeout(() => { words.textContent = 'Copy'; }, 3000);
  };

  // A page shown in a dialog over this one.
  const openPart = async (link) => {
    let part;
    try {
      const reply = await fetch(link.href, { credentials: 'same-origin' });
      const page = new DOMParser().parseFromString(await reply.text(), 'text/html');
      part = reply.ok && !reply.redirected && (one('[data-part]', page) || one('main', page));
    } catch { /* no answer: the link itself will say so */ }
    if (!part) return location.assign(link.href);
    const box = document.createElement('dialog');
    box.className = 'dialog';
    const inside = document.createElement('div');
    inside.className = 'dialog__part';
    inside.append(...(part.matches('main') ? part.childNodes : [part]));
    box.append(inside);
    document.body.append(box);
    dress(box);
    const title = one('h1, h2', box);
    if (title) { title.id = title.id || 'dialog-title'; title.tabIndex = -1; box.setAttribute('aria-labelledby', title.id); }
    box.addEventListener('close', () => { box.remove(); link.focus(); });
    box.showModal();
    (title || box).focus();
  };

  document.addEventListener('click', (e) => {
    const at = (what) => e.target.closest(what);
    if (at('[data-show]')) { const b = at('[data-show]'); return mask(b, document.getElementById(b.dataset.show).type === 'text'); }
    if (at('[data-copy]')) return void copy(at('[data-copy]'));
    if (at('[data-stay]')) return void stay();
    const plain = !e.defaultPrevented && e.button === 0 && !(e.ctrlKey || e.metaKey || e.shiftKey || e.altKey);
    if (plain && at('dialog [data-close]')) { e.preventDefault(); return at('dialog').close(); }
    if (plain && at('a[data-dialog]') && window.HTMLDialogElement) { e.preventDefault(); return void openPart(at('a[data-dialog]')); }
    const error = at('.summary a');
    if (error) {
      const field = document.getElementById(error.hash.slice(1));
      if (!field) return;
      e.preventDefault();
      (field.closest('.field') || field).scrollIntoView();
      field.focus({ preventScroll: true });
    }
  });

  // A passkey: the browser is asked for it, and the form carries what it says. What goes wrong before, the answer to
  // the form says.
  const passkey = async (form) => {
    const { passkey: act, begin } = form.dataset;
    const { answer, csrf } = form.elements;
    let publicKey;
    try {
      const body = new URLSearchParams({ csrf: csrf.value });
      const asked = (await (await fetch(begin, { method: 'POST', body, credentials: 'same-origin' })).json()).publicKey;
      publicKey = act === 'get' ? PublicKeyCredential.parseRequestOptionsFromJSON(asked) : PublicKeyCredential.parseCreationOptionsFromJSON(asked);
    } catch { return form.submit(); }
    try {
      answer.value = JSON.stringify(await navigator.credentials[act]({ publicKey }));
      form.submit();
    } catch {
      form.sentAt = 0;
      const failed = one('[data-failed]', form);
      failed.hidden = true;
      setTimeout(() => { failed.hidden = false; }, 100);
    }
  };
  if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
    for (const form of all('form[data-passkey]')) {
      for (const e of all('[data-with]', form)) e.hidden = false;
      for (const e of all('[data-without]', form)) e.hidden = true;
      form.addEventListener('submit', (e) => {
        const { code, password } = form.elements;
        if (code?.value || password?.value === '') return;
        e.preventDefault();
        if (Date.now() - (form.sentAt || 0) > 3000) passkey(form);
      });
    }
  }

  // A run in progress: told by the server, else asked for.
  const run = one('[data-progress-url]');
  if (run) {
    const bar = one('progress', run), words = one('[data-words]', run), title = document.title;
    let quarter = Math.floor(4 * (bar.position > 0 ? bar.position : 0)), source;
    const show = (now) => {
      words.textContent = now.words;
      if (now.total > 0) {
        bar.max = now.total;
        bar.value = now.done;
        document.title = `${now.done} of ${now.total} – ${title}`;
        const at = Math.floor(4 * now.done / now.total);
        if (at > quarter && !now.finished) { quarter = at; say(now.words); }
      }
      if (now.finished) { source?.close(); location.replace(now.next); }
      return now.finished;
    };
    const lost = () => { words.textContent = 'Waiting for the connection to come back…'; };
    const ask = async () => {
      let done = false;
      try {
        const reply = await fetch(run.dataset.progressUrl, { headers: { accept: 'application/json' }, credentials: 'same-origin' });
        if (reply.redirected || reply.status === 401 || reply.status === 403 || reply.status === 404) return location.reload();
        if (!reply.ok) throw reply;
        done = show(await reply.json());
      } catch { lost(); }
      if (!done) setTimeout(ask, 1000);
    };
    if (window.EventSource) {
      source = new EventSource(run.dataset.progressUrl);
      source.onmessage = (e) => show(JSON.parse(e.data));
      source.onerror = () => { if (source.readyState === 2) ask(); else lost(); };
    } else ask();
  }

  // Something that another system is being asked for: the page looks again after so many seconds.
  const again = one('[data-again]');
  if (again) setTimeout(() => location.reload(), again.dataset.again * 1000);

  // The session's end. Other tabs may have kept it alive, so the warning is a question to the server's clock first.
  const session = document.getElementById('session');
  const { sessionEnds, keep } = document.body.dataset;
  let timers = [];
  const watch = () => {
    timers.forEach(clearTimeout);
    const left = sessionEnds * 1000;
    timers = [
      setTimeout(() => { if (!session.open) session.showModal(); one('h2', session).focus(); }, Math.max(0, left - 120000)),
      setTimeout(() => {
        one('h2', session).textContent = 'You have been signed out';
        one('p', session).textContent = 'Sign in again to carry on. What you have typed is kept when you send the page.';
        one('[data-stay]', session).textContent = 'Close';
        timers = [];
      }, left),
    ];
  };
  const stay = async () => {
    session.close();
    if (!timers.length) return;
    try { if ((await fetch(keep, { credentials: 'same-origin' })).ok) { watch(); say('You are still signed in'); } } catch { /* the warning comes back */ }
  };
  if (session && sessionEnds > 0) watch();

  dress(document);
  one('[data-focus]')?.focus();
})();
