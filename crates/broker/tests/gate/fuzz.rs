//! Bytes that nobody meant: random ones and good packets with a few of their bits changed, sent to a live gate. The
//! parser alone meets many more of them in its own tests.

use futures::future::join_all;
use holdfast_protocol::topics::Stream;

use crate::rig::{Rig, connect, frame, open_limits, publish, subscribe, text, till};

/// Each lane's connections: few enough that the machine's ports last, for a connection ends at its first bad frame.
const CONNECTIONS_PER_LANE: u64 = 400;
const FRAMES_PER_CONNECTION: usize = 120;

/// A generator whose every run is the same: xorshift64*, G. Marsaglia and S. Vigna.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.roll() % bound as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        (self.roll() & 0xff) as u8
    }
}

fn mutate(dice: &mut Dice, mut packet: Vec<u8>) -> Vec<u8> {
    for _ in 0..=dice.below(3) {
        if packet.is_empty() {
            break;
        }
        let at = dice.below(packet.len().min(40));
        match dice.below(6) {
            0 => packet[at] ^= 1 << dice.below(8),
            1 => packet[at] = dice.byte(),
            2 => packet.truncate(at),
            3 => packet.insert(at, dice.byte()),
            4 => packet[at] = [0, 0x7f, 0x80, 0xff][dice.below(4)],
            _ => packet.extend((0..dice.below(20)).map(|_| 0).collect::<Vec<u8>>()),
        }
    }
    packet
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_gate_outlives_random_and_mutated_frames() {
    let rig = Rig::start(open_limits()).await;
    let fuzzers = (0..8_u64).map(|lane| {
        let rig = &rig;
        async move {
            let me = till(0x1_0000 + u128::from(lane));
            let topics = rig.topics;
            let good = [
                connect(me).bytes(),
                publish(&topics.command(me), 0, false, b"{\"fuzz\":\"0\"}"),
                publish(&topics.command(me), 1, false, b"{\"fuzz\":\"1\"}"),
                subscribe(&topics.reply(me), 1),
                subscribe(&topics.stream(Stream::Stock), 0),
                frame(0xa2, &[&[0, 3][..], &text(&topics.reply(me))].concat()),
                vec![0x40, 2, 0, 1],
                vec![0xc0, 0],
                vec![0xe0, 0],
            ];
            let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (lane + 1));
            let (mut frames, mut connections) = (0_u64, 0_u64);
            while connections < CONNECTIONS_PER_LANE {
                // By WebSocket the till is in already; by TLS it mostly introduces itself first.
                let web = lane % 2 == 1;
                let mut bytes = if web || dice.below(4) == 0 { Vec::new() } else { good[0].clone() };
                for _ in 0..1 + dice.below(FRAMES_PER_CONNECTION) {
                    let packet = match dice.below(60) {
                        0 => (0..dice.below(64)).map(|_| dice.byte()).collect(),
                        1 | 2 => {
                            let packet = good[dice.below(good.len())].clone();
                            mutate(&mut dice, packet)
                        }
                        _ => good[1 + dice.below(good.len() - 2)].clone(),
                    };
                    frames += 1;
                    bytes.extend(packet);
                }
                connections += 1;
                if web {
                    let mut raw = crate::websocket::enter(rig, me).await;
                    raw.send(&bytes).await;
                    raw.drain().await;
                } else {
                    let mut raw = rig.raw().await;
                    raw.send(&bytes).await;
                    raw.drain().await;
                }
            }
            (frames, connections)
        }
    });
    let lanes = join_all(fuzzers).await;
    let frames: u64 = lanes.iter().map(|(frames, _)| frames).sum();
    let connections: u64 = lanes.iter().map(|(_, connections)| connections).sum();
    println!("{frames} frames on {connections} connections; {:?}", rig.metrics());
    assert!(frames > 100_000, "{frames} frames are no fuzzing");
    rig.still_serves().await;
    crate::websocket::is_served(&rig).await;
    assert_eq!(rig.metrics().router_restarts, 0);
}
