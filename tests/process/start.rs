//! Why it does not start, in words that say what to change.

use super::check::run;
use crate::kit::Place;

#[tokio::test]
async fn an_address_that_is_taken_is_told_with_the_option_that_changes_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    for (listen, admin, option) in [
        (address.as_str(), free, "`--listen` or `[[listen]]`"),
        (free, &address, "`--admin` or `admin.address`"),
    ] {
        let (code, told) = run(&Place::new(), &["run", "--listen", listen, "--admin", admin], &[]).await;
        assert_eq!(code, Some(69), "{told}");
        assert!(told.contains(&address) && told.contains(option), "{told}");
    }
}

#[tokio::test]
async fn a_socket_in_a_directory_that_is_not_there_is_told_with_the_directory() {
    let arguments = ["run", "--listen", "unix:/nonexistent/x.sock", "--admin", "127.0.0.1:0"];
    let (code, told) = run(&Place::new(), &arguments, &[]).await;
    assert_eq!(code, Some(69), "{told}");
    let advice = "there is no directory /nonexistent; make it, or name another (`--listen` or `[[listen]]`)";
    assert!(told.contains("unix:/nonexistent/x.sock") && told.contains(advice), "{told}");
}

#[tokio::test]
async fn the_metadata_servers_address_is_told_with_the_command_that_adds_it() {
    let place = Place::new();
    place.write("countersign.toml", "[[vend]]\nkind = \"metadata\"\naddress = \"100.100.100.200:80\"\n");
    let free = "127.0.0.1:0";
    let (code, told) = run(&place, &["run", "--listen", free, "--admin", free], &[]).await;
    assert_eq!(code, Some(69), "{told}");
    assert!(told.contains("`ip address add 100.100.100.200/32 dev lo`"), "{told}");
}

#[tokio::test]
async fn access_lines_that_have_no_directory_are_a_mistake_of_the_settings() {
    let place = Place::new();
    place.write("countersign.toml", "[log]\naccess = \"/nonexistent/dir/a.log\"\n");
    for arguments in [&["run"][..], &["run", "--check"]] {
        let (code, told) = run(&place, arguments, &[]).await;
        assert_eq!(code, Some(78), "{told}");
        assert!(told.starts_with("countersign.toml:2: `log.access`: /nonexistent/dir/a.log"), "{told}");
    }
}
