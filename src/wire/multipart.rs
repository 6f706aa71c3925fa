//! Form uploads (`multipart/form-data`, RFC 7578): the fields in front of the file, read strictly.

/// The fields of a form as far as its file, all of it borrowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormFields<'a> {
    /// Names and values, in the order of the wire.
    pub fields: Vec<FormField<'a>>,
    /// Where the delimiter of the file's part begins: everything before it is fields.
    pub file_from: usize,
}

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormField<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Its value.
    pub value: &'a [u8],
    /// The whole part, from its delimiter on.
    pub part: &'a [u8],
}

impl FormField<'_> {
    /// Whether it has this name. OSS reads the names of a form in any letter case.
    pub const fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// Why a form is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadForm {
    /// It is no sequence of parts with that boundary, or a part has no readable name.
    Syntax,
    /// It ends without a part of the name `file`.
    NoFile,
}

/// The boundary that a content type names. `None`: this is no multipart form, or it names none that is allowed.
pub fn boundary(content_type: &[u8]) -> Option<&[u8]> {
    let mut pieces = content_type.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    if !pieces.next()?.eq_ignore_ascii_case(b"multipart/form-data") {
        return None;
    }
    let mut named = pieces.filter_map(|piece| {
        let (name, value) = piece.split_at_checked(piece.iter().position(|&byte| byte == b'=')?)?;
        // With a blank before `=`, or as `boundary*`, it is one to some.
        let is_like = name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"boundary"));
        is_like.then_some((name.len(), value.get(1..)?))
    });
    let (name_length, value) = named.next()?;
    let value = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value);
    // RFC 2046 §5.1.1; what needs quoting beyond these is not worth two readings.
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(byte);
    let is_boundary = (1..=70).contains(&value.len()) && value.iter().all(is_plain) && named.next().is_none();
    let is_boundary = is_boundary && name_length == 8;
    is_boundary.then_some(value)
}

/// Reads the fields. `None`: the file's part is not here yet.
///
/// # Errors
/// [`BadForm`].
pub fn form_fields<'a>(data: &'a [u8], boundary: &[u8]) -> Result<Option<FormFields<'a>>, BadForm> {
    let mut fields = Vec::new();
    let mut from = 0;
    loop {
        // A delimiter begins a line; the first one has none before it.
        let delimiter = [if from == 0 { &b""[..] } else { b"\r\n" }, b"--", boundary].concat();
        let rest = data.get(from..).unwrap_or_default();
        let Some(rest) = rest.strip_prefix(&*delimiter) else {
            return if delimiter.starts_with(rest) { Ok(None) } else { Err(BadForm::Syntax) };
        };
        let head = match rest {
            [b'-', b'-', ..] => return Err(BadForm::NoFile),
            [b'\r', b'\n', head @ ..] => head,
            [] | [b'\r' | b'-'] => return Ok(None),
            _ => return Err(BadForm::Syntax),
        };
        let Some(length) = memchr::memmem::find(head, b"\r\n\r\n") else { return Ok(None) };
        let (lines, body) = head.split_at(length);
        let name = part_name(lines).ok_or(BadForm::Syntax)?;
        if name == b"file" {
            return Ok(Some(FormFields { fields, file_from: from }));
        }
        let body = body.get(4..).unwrap_or_default();
        let end = [b"\r\n--", boundary].concat();
        let Some(length) = memchr::memmem::find(body, &end) else { return Ok(None) };
        let value = body.get(..length).unwrap_or_default();
        // Some readers take LF alone for the end of a line.
        let ends_early = memchr::memmem::find_iter(value, boundary)
            .any(|at| value.get(..at).is_some_and(|before| before.ends_with(b"\n--")));
        if ends_early || name.eq_ignore_ascii_case(b"file") {
            return Err(BadForm::Syntax);
        }
        let to = (value.as_ptr().addr() - data.as_ptr().addr()) + length;
        fields.push(FormField { name, value, part: data.get(from..to).unwrap_or_default() });
        from = to;
    }
}

/// The name of a part, if its headers give it one and in one way only.
fn part_name(lines: &[u8]) -> Option<&[u8]> {
    // A line is a header, in the one spelling that all readers take for one: none is folded, none ends in LF alone.
    let is_header = |line: &[u8]| {
        let name = memchr::memchr(b':', line).and_then(|colon| line.get(..colon)).unwrap_or_default();
        !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    let mut whole_lines = lines.split(|&byte| byte == b'\n').peekable();
    while let Some(line) = whole_lines.next() {
        let line = match whole_lines.peek() {
            Some(_) => line.strip_suffix(b"\r")?,
            None => line,
        };
        if !is_header(line) {
            return None;
        }
    }
    let mut dispositions = lines.split(|&byte| byte == b'\n').filter_map(|line| {
        let line = line.trim_ascii();
        let (name, value) = line.split_at_checked(line.iter().position(|&byte| byte == b':')?)?;
        name.eq_ignore_ascii_case(b"content-disposition").then_some(value.get(1..)?.trim_ascii())
    });
    let disposition = dispositions.next()?;
    let rest = disposition.get(..9)?.eq_ignore_ascii_case(b"form-data").then(|| disposition.get(9..))??;
    let parameters = parameters(rest)?;
    // `name*` is another way to give one.
    let is_named = |name: &[u8]| name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"name"));
    let mut names = parameters.into_iter().filter(|(name, _)| is_named(name));
    let (word, name) = names.next()?;
    // What one reader decodes, trims or takes for the end is in no name that OSS knows.
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    let is_one = word.len() == 4 && dispositions.next().is_none() && names.next().is_none();
    (is_one && !name.is_empty() && name.iter().all(is_plain)).then_some(name)
}

/// The parameters of a disposition: `; name="value"` each. A quote within a value is written `%22` by those who send forms;
/// one behind a backslash is not read.
fn parameters(mut rest: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_ascii();
        if rest.is_empty() {
            return Some(found);
        }
        rest = rest.strip_prefix(b";")?.trim_ascii_start();
        let (name, value) = rest.split_at_checked(rest.iter().position(|&byte| byte == b'=')?)?;
        let value = value.get(1..)?;
        let (value, behind) = match value.strip_prefix(b"\"") {
            Some(quoted) => {
                let (value, behind) = quoted.split_at_checked(memchr::memchr(b'"', quoted)?)?;
                (value, behind.get(1..)?)
            }
            None => value.split_at_checked(memchr::memchr(b';', value).unwrap_or(value.len()))?,
        };
        if value.contains(&b'\\') {
            return None;
        }
        found.push((name.trim_ascii(), value));
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na/1.txt\r\n\
        --b\r\ncontent-disposition: form-data; name=policy\r\nContent-Type: text/plain\r\n\r\n\r\n\
        --b\r\nContent-Disposition: form-data; filename=\"x;y.txt\"; name=\"file\"\r\n\r\nthe file\r\n--b--\r\n";

    #[test]
    fn the_fields_end_where_the_file_begins() {
        let form = form_fields(FORM, b"b").unwrap().unwrap();
        let names = form.fields.iter().map(|field| (field.name, field.value)).collect::<Vec<_>>();
        assert_eq!(names, [(&b"key"[..], &b"a/1.txt"[..]), (b"policy", b"")]);
        assert!(FORM[form.file_from..].starts_with(b"\r\n--b\r\nContent-Disposition: form-data; filename="));
        let parts = form.fields.iter().flat_map(|field| field.part).copied().collect::<Vec<_>>();
        assert_eq!(parts, &FORM[..form.file_from]);
    }

    #[test]
    fn a_form_that_arrives_in_pieces_is_waited_for_and_never_misread() {
        let whole = form_fields(FORM, b"b").unwrap().unwrap();
        let head_ends = memchr::memmem::find(FORM, b"the file").unwrap();
        for end in 0..FORM.len() {
            let read = form_fields(&FORM[..end], b"b");
            if end < head_ends {
                assert_eq!(read, Ok(None), "{end}");
            } else {
                assert_eq!(read.unwrap().unwrap().file_from, whole.file_from, "{end}");
            }
        }
    }

    #[test]
    fn what_has_no_file_or_no_parts_is_refused() {
        let disposition = "Content-Disposition: form-data; name=\"a\"";
        for (form, why) in [
            (format!("--b\r\n{disposition}\r\n\r\n1\r\n--b--\r\n"), BadForm::NoFile),
            ("--b--\r\n".to_owned(), BadForm::NoFile),
            ("preamble\r\n--b\r\n".to_owned(), BadForm::Syntax),
            ("--bb\r\n".to_owned(), BadForm::Syntax),
            ("--b\r\nContent-Type: text/plain\r\n\r\n".to_owned(), BadForm::Syntax),
            (format!("--b\r\n{disposition}; name=\"file\"\r\n\r\n"), BadForm::Syntax),
            (format!("--b\r\n{disposition}\r\n{disposition}\r\n\r\n"), BadForm::Syntax),
            ("--b\r\nContent-Disposition: form-data; name=\"a\\\"b\"\r\n\r\n".to_owned(), BadForm::Syntax),
            (format!("--b\r\n{disposition}\r\n\r\n1\r\n--bc\r\n"), BadForm::Syntax),
            (format!("--b\r\n{disposition}\r\n ; name=\"policy\"\r\n\r\n1\r\n--b\r\n"), BadForm::Syntax),
            (
                format!("--b\r\n{disposition}\r\nContent-Disposition : form-data; name=\"policy\"\r\n\r\n"),
                BadForm::Syntax,
            ),
            (format!("--b\r\n{disposition}\nA: b\r\n\r\n"), BadForm::Syntax),
            (format!("--b\r\n{disposition}; name*=UTF-8''policy\r\n\r\n"), BadForm::Syntax),
            ("--b\r\nContent-Disposition: form-data; name=\"policy \"\r\n\r\n".to_owned(), BadForm::Syntax),
            ("--b\r\nContent-Disposition: form-data; name=\"%70olicy\"\r\n\r\n".to_owned(), BadForm::Syntax),
            (format!("--b\r\n{disposition}\r\n\r\n1\n--b\nX: y\r\n--b\r\n"), BadForm::Syntax),
            (
                "--b\r\nContent-Disposition: form-data; name=\"FILE\"\r\n\r\nx\r\n--b\r\n".to_owned(),
                BadForm::Syntax,
            ),
        ] {
            assert_eq!(form_fields(form.as_bytes(), b"b"), Err(why), "{form:?}");
        }
    }

    #[test]
    fn a_boundary_is_named_once_in_characters_that_all_read_alike() {
        for (content_type, expected) in [
            ("multipart/form-data; boundary=abc", Some("abc")),
            ("Multipart/Form-Data; charset=utf-8; Boundary=\"a'b=c\"", Some("a'b=c")),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary=", None),
            ("multipart/form-data; boundary=a; boundary=b", None),
            ("multipart/form-data; boundary=\"a b\"", None),
            ("multipart/form-data; boundary=a; boundary =b", None),
            ("multipart/form-data; boundary*=a", None),
            ("multipart/mixed; boundary=abc", None),
        ] {
            assert_eq!(boundary(content_type.as_bytes()), expected.map(str::as_bytes), "{content_type}");
        }
        let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
        assert_eq!(boundary(long.as_bytes()), None);
    }
}
