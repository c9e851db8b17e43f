-- What has ended is swept away by these.
CREATE INDEX session_by_seen ON session (seen_us);
CREATE INDEX sign_in_peer_by_since ON sign_in_peer (since_us);
