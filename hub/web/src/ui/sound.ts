/**
 * The till's two sounds: a short high one for a line that came into the basket, a long low double one for what did not. Made
 * by the browser itself, so there is no file to load. Browsers stay silent until somebody touched the page once.
 */
let context: AudioContext | null = null;
let quiet = false;

export function setQuiet(value: boolean): void {
  quiet = value;
}

/** To be called at the first touch or key, when a browser lets sound begin. */
export function wakeSound(): void {
  if (typeof AudioContext === "undefined") {
    return;
  }
  context ??= new AudioContext();
  if (context.state === "suspended") {
    void context.resume();
  }
}

export function soundAccepted(): void {
  tone(1046, 0, 0.055, 0.06);
}

export function soundRefused(): void {
  tone(220, 0, 0.22, 0.18);
  tone(175, 0.26, 0.34, 0.18);
}

function tone(hertz: number, after: number, seconds: number, loudness: number): void {
  if (context === null || quiet || context.state !== "running") {
    return;
  }
  const begin = context.currentTime + after;
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.type = "triangle";
  oscillator.frequency.value = hertz;
  // Without a soft edge the loudspeaker clicks.
  gain.gain.setValueAtTime(0, begin);
  gain.gain.linearRampToValueAtTime(loudness, begin + 0.008);
  gain.gain.setValueAtTime(loudness, begin + seconds - 0.02);
  gain.gain.linearRampToValueAtTime(0, begin + seconds);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(begin);
  oscillator.stop(begin + seconds);
}
