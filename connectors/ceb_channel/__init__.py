"""光大云缴费, the HTTP channel: household bills of mainland China."""
