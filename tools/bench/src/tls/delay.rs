//! A wire with a length: what goes in at one end comes out at the other half a round trip later. Nothing is reordered
//! and nothing is lost. Threads do it, since an asynchronous timer counts whole milliseconds.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Carries every connection that comes to `listener` on to `target`.
pub(super) fn carry(listener: TcpListener, target: std::net::SocketAddr, round_trip: Duration) {
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            // A connection that cannot be carried breaks, as on a network.
            let _ = connect(near, target, round_trip);
        }
    });
}

fn connect(near: TcpStream, target: std::net::SocketAddr, round_trip: Duration) -> io::Result<()> {
    let far = TcpStream::connect(target)?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let half = round_trip / 2;
    // The kernel has accepted the connection already: what comes first waits for that round trip too.
    one_way(
        near.try_clone()?,
        far.try_clone()?,
        half,
        Instant::now() + round_trip + half,
    );
    one_way(far, near, half, Instant::now());
    Ok(())
}

fn one_way(from: TcpStream, to: TcpStream, half: Duration, not_before: Instant) {
    let (sender, receiver) = channel();
    thread::spawn(move || take_in(from, half, not_before, &sender));
    thread::spawn(move || give_out(to, &receiver));
}

type Piece = (Instant, Vec<u8>);

fn take_in(mut from: TcpStream, half: Duration, not_before: Instant, to: &Sender<Piece>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let due = not_before.max(Instant::now() + half);
        if to.send((due, buffer[..count].to_vec())).is_err() {
            return;
        }
    }
}

fn give_out(mut to: TcpStream, from: &Receiver<Piece>) {
    while let Ok((due, piece)) = from.recv() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&piece).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const ROUND_TRIP: Duration = Duration::from_millis(40);

    /// One that sends back what it gets, behind a wire.
    fn echo() -> TcpStream {
        let far = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let target = far.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = far.accept().unwrap();
            let mut byte = [0];
            while stream.read_exact(&mut byte).is_ok() {
                stream.write_all(&byte).unwrap();
            }
        });
        let near = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = near.local_addr().unwrap();
        carry(near, target, ROUND_TRIP);
        TcpStream::connect(address).unwrap()
    }

    fn asked(stream: &mut TcpStream) -> Duration {
        let began = Instant::now();
        stream.write_all(b"x").unwrap();
        stream.read_exact(&mut [0]).unwrap();
        began.elapsed()
    }

    #[test]
    fn the_first_answer_takes_two_round_trips_and_each_later_one_a_round_trip() {
        let mut stream = echo();
        assert!(asked(&mut stream) >= ROUND_TRIP * 19 / 10);
        // The shortest of some, since a busy machine may be late.
        let later = (0..9).map(|_| asked(&mut stream)).min().unwrap();
        assert!(later >= ROUND_TRIP, "{later:?}");
        assert!(later < ROUND_TRIP * 2, "{later:?}");
    }

    #[test]
    fn an_end_that_closes_closes_the_other_one() {
        let mut stream = echo();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    }
}
