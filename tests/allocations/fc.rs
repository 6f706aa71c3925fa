//! Function Compute, and what lives on names of an operator's own.

use countersign::sign::{acs3, dataplus, fc_trigger, gateway};
use countersign::wire::Field;

use super::*;

#[test]
fn version_1_of_function_compute_allocates_nothing() {
    let mut worker = Worker::new();
    let dummy = "Authorization: FC d:c2ln\r\nx-fc-invocation-type: Async\r\nContent-Length: 9\r\n";
    for size in SIZES {
        for path in ["/2016-08-15/proxy/s/f%2F/a", "/2016-08-15/services/s", "/2021-04-06/services"] {
            let line = format!("POST {path}?{}", many(size));
            let request = request(&line, "123456.cn-hangzhou.fc.aliyuncs.com", dummy, size);
            assert_eq!(worker.measure(&request, None, Scheme::FcV1), 0, "{size} {path}");
        }
    }
}

/// Products without a host in the table: their signers alone. What else their requests take is measured above.
#[test]
fn the_signatures_of_an_operators_own_names_allocate_nothing() {
    let (key, mut workspace) = (Key::absorb(Secret::new("secret".to_owned())), Workspace::default());
    for size in SIZES {
        let (query, form) = (many(size), many(size));
        let query: Vec<_> = parameters(query.as_bytes()).collect();
        let form: Vec<_> = parameters(form.as_bytes()).collect();
        let names: Vec<String> = (0..size).rev().map(|index| format!("x-ca-M{index}")).collect();
        let headers: Vec<_> = names.iter().map(|name| Field::new(name, b"some value")).collect();
        let (method, path) = ("POST", &b"/a%20b/$"[..]);
        let mut all = || {
            let (query, form, headers) = (&query[..], &form[..], headers.iter());
            let listed = b"x-ca-m1,x-other";
            let covered = gateway::Covered { method, path, query, form, headers: headers.clone(), listed };
            gateway::signature(covered, &key, &mut workspace);
            let dialect = dataplus::Dialect::Recognition;
            let covered =
                dataplus::Covered { dialect, method, path, query, headers: headers.clone(), body: b"body" };
            dataplus::signature(covered, &key, &mut workspace);
            let covered = acs3::Covered { method, path, query, headers, payload_hash: b"" };
            fc_trigger::signature(covered, &key, &mut workspace);
        };
        (0..WARM_UP).for_each(|_| all());
        assert_eq!(allocations(|| (0..MEASURED).for_each(|_| all())), 0, "{size}");
    }
}
