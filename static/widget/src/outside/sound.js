/** Two short tones for a message that its visitor does not see arrive. */

const TONES = [660, 880];

/** @param {AudioContext} [audio] */
export function chime(audio = new AudioContext()) {
  TONES.forEach((hertz, place) => {
    const [tone, volume, at] = [audio.createOscillator(), audio.createGain(), audio.currentTime + place * 0.12];
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.08, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.25);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.26);
    if (place === TONES.length - 1) tone.onended = () => void audio.close();
  });
}
