//! Deflate with the state kept between calls: setting it up costs more than compressing an invoice's few kilobytes.

use std::cell::RefCell;

use flate2::{Compress, Compression, FlushCompress, Status};

thread_local! {
    static STATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(4), true));
}

/// `bytes` as a zlib stream, which PDF calls `FlateDecode`.
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    STATE.with_borrow_mut(|state| {
        state.reset();
        run(state, bytes)
    })
}

/// As [`deflate`], as small as it gets: for what is compressed once and written into every document.
pub(super) fn deflate_best(bytes: &[u8]) -> Vec<u8> {
    run(&mut Compress::new(Compression::best(), true), bytes)
}

fn run(state: &mut Compress, bytes: &[u8]) -> Vec<u8> {
    // The bound of zlib for a whole stream of incompressible data, rounded up.
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 1000 + 64);
    loop {
        let read = usize::try_from(state.total_in()).unwrap_or(usize::MAX);
        let rest = bytes.get(read..).unwrap_or_default();
        // Compressing into memory with room left has no error to report.
        match state.compress_vec(rest, &mut out, FlushCompress::Finish) {
            Ok(Status::StreamEnd) | Err(_) => return out,
            Ok(Status::Ok | Status::BufError) => out.reserve(bytes.len() / 2 + 64),
        }
    }
}
