echo "ok placeholder"
