/** The visitor's microphone: asked for, chosen among several, muted, and how loud it is. */

const WANTED = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** Why there is none: `refused` by the visitor or the page's policy, or `missing`. @param {unknown} error */
export const whyNone = (error) =>
  error instanceof DOMException && ["NotAllowedError", "SecurityError"].includes(error.name) ? "refused" : "missing";

/** Rejects as the browser does. @param {string} [deviceId] */
export async function openMicrophone(deviceId) {
  if (!navigator.mediaDevices) throw new DOMException("This page is not secure.", "SecurityError");
  const audio = { ...WANTED, ...(deviceId && { deviceId: { exact: deviceId } }) };
  const stream = await navigator.mediaDevices.getUserMedia({ audio });
  return stream.getAudioTracks()[0];
}

/** Whether the visitor has been asked before, and has agreed. */
export async function isAllowed() {
  try {
    const { state } = await navigator.permissions.query({ name: /** @type {PermissionName} */ ("microphone") });
    return state === "granted";
  } catch {
    return false; // a browser that does not tell
  }
}

/** @returns {Promise<{ id: string, label: string }[]>} */
export async function microphones() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind, deviceId }) => kind === "audioinput" && deviceId)
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}

/** Calls `show` with the loudness, 0 to 1, on every frame. @param {(level: number) => void} show */
export function createMeter(show) {
  const audio = new AudioContext();
  const analyser = audio.createAnalyser();
  analyser.fftSize = 256;
  const samples = new Uint8Array(analyser.fftSize);
  /** @type {MediaStreamAudioSourceNode | undefined} */ let source;
  let frame = requestAnimationFrame(measure);

  function measure() {
    analyser.getByteTimeDomainData(samples);
    const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample - 128)), 0);
    show(Math.min(1, loudest / 64));
    frame = requestAnimationFrame(measure);
  }

  return {
    /** @param {MediaStreamTrack} track */
    listen(track) {
      source?.disconnect();
      source = audio.createMediaStreamSource(new MediaStream([track]));
      source.connect(analyser);
    },
    close() {
      cancelAnimationFrame(frame);
      void audio.close();
    },
  };
}
