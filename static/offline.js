// What is recorded without a network is kept in this browser and sent when the network is back. Kept are numbers and what was typed, no names.
(() => {
  'use strict';
  const me = document.currentScript.dataset.account;
  const one = (what) => document.querySelector(what);
  const STORE = 'kinbridge-unsent';
  const read = () => { try { return JSON.parse(localStorage.getItem(STORE)) || []; } catch { return []; } };
  const write = (all) => { if (all.length) localStorage.setItem(STORE, JSON.stringify(all)); else localStorage.removeItem(STORE); };
  const mine = () => read().filter((kept) => kept.account === me);
  const forget = (key) => write(read().filter((kept) => kept.key !== key));

  const box = document.createElement('section');
  box.className = 'banner banner--warn';
  box.setAttribute('aria-label', 'Not sent yet');
  const line = document.createElement('p');
  line.setAttribute('role', 'status');
  box.append(line);
  box.hidden = true;
  one('main')?.before(box);
  // Said only where it is true: with this script.
  for (const words of document.querySelectorAll('[data-kept]')) words.hidden = false;
  const button = (label, does) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.className = 'btn btn--second';
    made.textContent = label;
    made.addEventListener('click', does);
    return made;
  };
  const look = (page) => {
    const link = document.createElement('a');
    link.href = page;
    link.textContent = 'Look at it';
    return link;
  };
  const show = (words = '', page = '') => {
    const waiting = mine(), wrong = waiting.find((kept) => kept.wrong);
    line.replaceChildren();
    if (waiting.length) words = `Not sent yet: ${waiting.length}. ${words}`;
    if (wrong) {
      line.append(`${words} One cannot be sent: ${wrong.wrong} `, look(wrong.page), ' ',
        button('Delete it from this device', () => { forget(wrong.key); show(); }));
    } else line.append(words, ...(page ? [' ', look(page)] : []));
    if (waiting.length > (wrong ? 1 : 0)) line.append(' ', button('Send now', send));
    box.hidden = !line.textContent;
  };

  let busy = false;
  const send = async () => {
    const csrf = one('input[name="csrf"]')?.value;
    if (busy || !csrf) return;
    busy = true;
    let words = '', page = '', sent = 0;
    for (const kept of mine().filter((kept) => !kept.wrong)) {
      let reply, said;
      try {
        const body = new URLSearchParams([...kept.fields, ['csrf', csrf], ['replay', kept.key], ['noted', kept.at]]);
        reply = await fetch(kept.to, { method: 'POST', body, credentials: 'same-origin', signal: AbortSignal.timeout(20000) });
        if (reply.headers.get('content-type')?.startsWith('application/json')) said = await reply.json();
      } catch { words = 'There is no network.'; break; }
      if (said && reply.ok) { forget(kept.key); sent += 1; words = said.words; page = kept.page; }
      else if (reply.status === 422 || reply.status === 403 || reply.status === 404) {
        const wrong = said ? said.words : 'You cannot record this any more.';
        write(read().map((other) => (other.key === kept.key ? { ...other, wrong } : other)));
      } else { words = said ? said.words : reply.status < 500 ? 'Sign in again, and it is sent.' : 'The portal does not answer.'; break; }
    }
    busy = false;
    show(sent > 1 ? `Sent: ${sent}. ${words}` : words, page);
  };

  const reachable = async () => {
    if (!navigator.onLine) return false;
    try {
      return (await fetch(location.href, { method: 'HEAD', cache: 'no-store', credentials: 'same-origin', signal: AbortSignal.timeout(5000) })).status < 500;
    } catch { return false; }
  };
  const keep = (form) => {
    const fields = [...new FormData(form)].filter(([name, value]) => value && !['csrf', 'version', 'replay'].includes(name));
    const replay = form.elements.replay?.value;
    if (replay && !fields.some(([name]) => name.startsWith('took-'))) return show('Say for at least one person whether they took part.');
    const key = form.dataset.key || replay || `${Date.now()}-${Math.random()}`.replace('.', '');
    try {
      write([...read().filter((kept) => kept.key !== key),
        { account: me, key, to: form.dataset.late, page: form.dataset.page, at: Date.now(), fields }]);
    } catch { return show('It could not be kept on this device. Leave this page open until the network is back.'); }
    form.hidden = true;
    show('There is no network. It is kept on this device, and sent by itself when the network is back.');
    line.append(' ', button('Change it', () => {
      forget(key);
      form.dataset.key = replay ? `${replay}-${Date.now()}` : '';
      form.hidden = false;
      show();
    }));
    box.scrollIntoView();
  };

  document.addEventListener('submit', async (e) => {
    const form = e.target;
    const { late, online } = form.dataset;
    if (online || (late && (!e.submitter?.value || e.submitter.value === 'save'))) {
      e.preventDefault();
      e.stopImmediatePropagation();
      if (busy) return;
      busy = true;
      const there = await reachable();
      busy = false;
      if (!there) return online ? show(online) : keep(form);
      const act = document.createElement('input');
      Object.assign(act, { type: 'hidden', name: 'act', value: 'save' });
      form.append(act);
      form.submit();
    } else if (form.getAttribute('action') === '/sign-out' && mine().length) {
      const words = `Not sent yet: ${mine().length}. Signing out deletes it from this device. Sign out all the same?`;
      if (confirm(words)) write(read().filter((kept) => kept.account !== me));
      else { e.preventDefault(); e.stopImmediatePropagation(); }
    }
  }, true);

  addEventListener('online', send);
  addEventListener('offline', () => { if (one('[data-late]') || mine().length) show('There is no network.'); });
  setInterval(() => { if (mine().some((kept) => !kept.wrong)) send(); }, 60000);
  show();
  if (mine().length) send();
})();
