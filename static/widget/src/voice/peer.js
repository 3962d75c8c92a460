/** The connection to the provider: the microphone out, a voice in, and events both ways. */
import { toJson } from "../json.js";

/** A connection that is interrupted for longer does not come back. */
const INTERRUPTED_MS = 8_000;

/**
 * @param {MediaStreamTrack} track
 * @param {object} on
 * @param {() => void} on.open @param {(event: import("./events.js").ProviderEvent) => void} on.event @param {() => void} on.lost
 */
export function createPeer(track, on) {
  const peer = new RTCPeerConnection();
  const voice = new Audio();
  voice.autoplay = true;
  const sender = peer.addTrack(track, new MediaStream([track]));
  const channel = peer.createDataChannel("oai-events");
  let closed = false;
  /** @type {any} */ let interrupted;

  const lost = () => void (closed || on.lost());
  channel.onopen = on.open;
  channel.onclose = lost;
  channel.onmessage = ({ data }) => on.event(JSON.parse(data));
  peer.ontrack = ({ streams, track: its }) => {
    voice.srcObject = streams[0] ?? new MediaStream([its]);
    voice.play().catch(() => {}); // once the page is closed
  };
  peer.onconnectionstatechange = () => {
    clearTimeout(interrupted);
    if (peer.connectionState === "failed") lost();
    if (peer.connectionState === "disconnected") interrupted = setTimeout(lost, INTERRUPTED_MS);
  };

  return {
    async offer() {
      await peer.setLocalDescription();
      return peer.localDescription?.sdp ?? "";
    },
    /** @param {string} sdp */
    accept: (sdp) => peer.setRemoteDescription({ type: "answer", sdp }),
    /** @param {object} event */
    send(event) {
      if (channel.readyState === "open") channel.send(toJson(event));
    },
    /** Another microphone. @param {MediaStreamTrack} other */
    replace: (other) => sender.replaceTrack(other),
    close() {
      closed = true;
      clearTimeout(interrupted);
      voice.srcObject = null;
      peer.close();
    },
  };
}

/** @typedef {ReturnType<typeof createPeer>} Peer */
