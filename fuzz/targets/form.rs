//! Forms with a file: read alike however much has arrived, never beyond the file, and every byte before it belongs to one
//! field; what is written as a form is read back as it was.
#![no_main]

use countersign::wire::{BadForm, boundary, form_fields};
use libfuzzer_sys::fuzz_target;

const BOUNDARY: &[u8] = b"b";

fuzz_target!(|bytes: &[u8]| {
    let whole = form_fields(bytes, BOUNDARY);
    let mut before = Ok(None);
    for end in 0..=bytes.len() {
        let read = form_fields(&bytes[..end], BOUNDARY);
        match (&before, &read) {
            // What was not decided may be decided now; what was stays.
            (Ok(None), _) => {}
            (before, read) => assert_eq!(before, read, "at {end}"),
        }
        before = read;
    }
    if let Ok(Some(form)) = &whole {
        let parts: Vec<u8> = form.fields.iter().flat_map(|field| field.part).copied().collect();
        assert_eq!(parts, &bytes[..form.file_from], "every byte belongs to a field");
        for field in &form.fields {
            assert!(!field.is("file") && !field.name.is_empty());
            assert!(field.part.ends_with(field.value));
            assert!(!contains(field.value, b"\n--b"), "a value ends where its part does, to every reader");
        }
        assert!(contains(&bytes[form.file_from..], b"\r\n\r\n"), "the head of the file is here");
    }
    named(bytes);
    written(bytes);
});

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// A boundary that is taken is one that can stand between quotes, and means the same there.
fn named(bytes: &[u8]) {
    let header = [b"multipart/form-data; boundary=", bytes].concat();
    if let Some(plain) = boundary(&header) {
        assert!((1..=70).contains(&plain.len()) && plain.iter().all(u8::is_ascii_graphic));
        let quoted = [b"Multipart/Form-Data; boundary=\"", plain, b"\""].concat();
        assert_eq!(boundary(&quoted), Some(plain));
    }
}

/// The input as a field's value.
fn written(bytes: &[u8]) {
    let head =
        |name: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n").into_bytes();
    let form = [&head("key")[..], bytes, b"\r\n", &head("file"), b"the file\r\n--b--\r\n"].concat();
    if contains(&[bytes, b"\r\n"].concat(), b"\n--b") {
        // It ends its own part, to some readers or to all.
        return;
    }
    let read = form_fields(&form, BOUNDARY);
    let fields = read.unwrap_or_else(|why: BadForm| panic!("{why:?}")).expect("it has a file").fields;
    assert_eq!(fields.len(), 1);
    assert_eq!((fields[0].name, fields[0].value), (&b"key"[..], bytes));
}
