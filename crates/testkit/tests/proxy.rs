//! The network that fails when told to.

use baogao_testkit::TcpProxy;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// A server that sends back what it gets. It ends with the test process.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                let mut stream = stream.expect("a connection");
                let mut other = stream.try_clone().expect("a handle");
                // A connection that is reset has nothing more to send back.
                let _ = io::copy(&mut stream, &mut other);
                let _ = other.shutdown(Shutdown::Write);
            });
        }
    });
    address
}

fn connect(proxy: &TcpProxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

/// Sends `text` and reads as much back.
fn ask(stream: &mut TcpStream, text: &str) -> io::Result<String> {
    stream.write_all(text.as_bytes())?;
    let mut answer = vec![0; text.len()];
    stream.read_exact(&mut answer)?;
    Ok(String::from_utf8(answer).expect("as it was sent"))
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn much_passes_both_ways_whole_and_the_end_with_it() {
    let proxy = TcpProxy::start(echo()).expect("it starts");
    let mut stream = connect(&proxy);
    let sent: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    let mut writer = stream.try_clone().expect("a handle");
    let copy = sent.clone();
    let writing = std::thread::spawn(move || {
        writer.write_all(&copy).expect("it takes everything");
        writer.shutdown(Shutdown::Write).expect("it is open");
    });
    let mut got = Vec::new();
    stream.read_to_end(&mut got).expect("it ends in order");
    writing.join().expect("no panic");
    assert!(got == sent, "{} of {} bytes", got.len(), sent.len());
    until("it counts a connection that is over", || proxy.connections() == 0);
}

#[test]
fn a_cut_resets_what_is_there_and_nothing_else() {
    let proxy = TcpProxy::start(echo()).expect("it starts");
    let (mut one, mut other) = (connect(&proxy), connect(&proxy));
    assert_eq!(ask(&mut one, "one").expect("it answers"), "one");
    assert_eq!(ask(&mut other, "other").expect("it answers"), "other");
    assert_eq!(proxy.connections(), 2);
    proxy.cut();
    for stream in [&mut one, &mut other] {
        let error = stream.read(&mut [0]).expect_err("it was cut");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
    assert_eq!(ask(&mut connect(&proxy), "again").expect("it answers"), "again");
}

#[test]
fn a_cut_can_wait_for_a_number_of_bytes() {
    let proxy = TcpProxy::start(echo()).expect("it starts");
    let mut stream = connect(&proxy);
    // There and back: eight bytes.
    proxy.cut_after(9);
    assert_eq!(ask(&mut stream, "four").expect("it answers"), "four");
    assert!(ask(&mut stream, "four").is_err());
    let mut stream = connect(&proxy);
    for _ in 0..5 {
        assert_eq!(ask(&mut stream, "it was cut once").expect("it answers"), "it was cut once");
    }
}

#[test]
fn who_is_refused_is_told_so_and_who_is_there_stays() {
    let proxy = TcpProxy::start(echo()).expect("it starts");
    let mut stream = connect(&proxy);
    assert_eq!(ask(&mut stream, "before").expect("it answers"), "before");
    proxy.refuse(true);
    let error = TcpStream::connect(proxy.address()).expect_err("it refuses");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(ask(&mut stream, "during").expect("it answers"), "during");
    proxy.refuse(false);
    assert_eq!(ask(&mut connect(&proxy), "after").expect("it answers"), "after");
}

#[test]
fn an_upstream_that_is_away_resets_and_one_that_comes_serves() {
    let address = echo();
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let proxy = TcpProxy::start(nobody).expect("it starts");
    assert!(ask(&mut connect(&proxy), "hello").is_err());
    let proxy = TcpProxy::start(address).expect("it starts");
    assert_eq!(ask(&mut connect(&proxy), "hello").expect("it answers"), "hello");
}

#[test]
fn a_delay_counts_each_way_and_holds_up_no_stream() {
    let proxy = TcpProxy::start(echo()).expect("it starts");
    let mut stream = connect(&proxy);
    assert_eq!(ask(&mut stream, "quick").expect("it answers"), "quick");
    proxy.delay(Duration::from_millis(100));
    let start = Instant::now();
    assert_eq!(ask(&mut stream, "slow").expect("it answers"), "slow");
    assert!(start.elapsed() >= Duration::from_millis(200), "it came after {:?}", start.elapsed());
    proxy.heal();
    assert_eq!(ask(&mut stream, "quick").expect("it answers"), "quick");
}

#[test]
fn a_black_hole_loses_nothing_in_the_end() {
    let proxy = TcpProxy::start(echo()).expect("it starts");
    let mut there = connect(&proxy);
    assert_eq!(ask(&mut there, "before").expect("it answers"), "before");
    proxy.black_hole(true);
    there.write_all(b"during").expect("the socket takes it");
    let mut new = connect(&proxy);
    new.write_all(b"new").expect("the socket takes it");
    for stream in [&mut there, &mut new] {
        stream.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
        let error = stream.read(&mut [0]).expect_err("nothing comes");
        assert!(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{error}");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    }
    proxy.black_hole(false);
    for (stream, text) in [(&mut there, "during"), (&mut new, "new")] {
        let mut answer = vec![0; text.len()];
        stream.read_exact(&mut answer).expect("it comes after all");
        assert_eq!(answer, text.as_bytes());
    }
}
