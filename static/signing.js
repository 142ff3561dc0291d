// Signing a visit: what is drawn goes into the form as whole numbers, and the place is asked for once its box is ticked. Nothing is asked before.
(() => {
  'use strict';
  const form = document.getElementById('complete'), pad = form?.querySelector('canvas');
  if (!pad) return;
  const { strokes, place, place_consent: tick } = form.elements;
  const pen = pad.getContext('2d'), said = form.querySelector('[data-place]');
  let lines = strokes.value ? strokes.value.split('.').map((line) => line.split('-').map(Number)) : [];
  let line;
  const draw = () => {
    const scale = pad.width / 1000;
    pen.clearRect(0, 0, pad.width, pad.height);
    Object.assign(pen, { lineWidth: 3, lineCap: 'round', lineJoin: 'round', strokeStyle: getComputedStyle(pad).color });
    for (const one of lines) {
      pen.beginPath();
      pen.moveTo(one[0] * scale, one[1] * scale);
      for (let i = 0; i < one.length; i += 2) pen.lineTo(one[i] * scale, one[i + 1] * scale);
      pen.stroke();
    }
    strokes.value = lines.map((one) => one.join('-')).join('.');
  };
  const point = (e) => {
    const box = pad.getBoundingClientRect();
    const whole = (at, most) => Math.max(0, Math.min(most, Math.round(at * 1000 / box.width)));
    return [whole(e.clientX - box.left, 1000), whole(e.clientY - box.top, 333)];
  };
  const full = () => lines.length >= 200 || strokes.value.length > 60000;
  pad.addEventListener('pointerdown', (e) => {
    if (e.button || full()) return;
    e.preventDefault();
    pad.setPointerCapture(e.pointerId);
    lines.push(line = point(e));
    draw();
  });
  pad.addEventListener('pointermove', (e) => {
    if (!line || full()) return;
    const [x, y] = point(e), [oldX, oldY] = line.slice(-2);
    if (Math.abs(x - oldX) + Math.abs(y - oldY) < 4) return;
    line.push(x, y);
    draw();
  });
  for (const end of ['pointerup', 'pointercancel']) pad.addEventListener(end, () => { line = undefined; });
  form.querySelector('[data-clear]').addEventListener('click', () => { lines = []; draw(); });
  pad.closest('[hidden]').hidden = false;
  draw();

  const no = 'The browser did not give the place. The appointment can be completed without it.';
  const say = (words) => { said.textContent = words; };
  tick.addEventListener('change', () => {
    place.value = '';
    if (!tick.checked) return say('');
    if (!navigator.geolocation) return say(no);
    say('Asking for the place…');
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      if (!tick.checked) return;
      place.value = `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`;
      say('The place is added, to about 100 metres.');
    }, () => say(no), { timeout: 20000, maximumAge: 60000 });
  });
})();
