/** What a careless program does to a project; each is one command of a session, undone afterwards. */
export const DESTRUCTIVE: readonly string[] = [
  // removal
  "rm -rf src",
  "rm -rf -- * .env .gitignore .gitattributes",
  "rm -f src/*.js",
  "find . -path ./.git -prune -o -type f -print0 | xargs -0 rm -f",
  "find src -name '*.js' -delete",
  "rmdir empty empty-deep/one/two",
  "unlink link-to-file && unlink link-to-folder && unlink dangling",
  "git rm -qrf src",
  // rewriting
  "sed -i 's/o/0/g' src/*.js",
  "perl -pi -e 's/\\r\\n/\\n/' crlf.txt",
  "tr a-z A-Z < README.md > t && mv t README.md",
  "for f in src/*.js; do echo '// gone' > $f; done",
  "printf 'end' >> README.md",
  ": > README.md",
  "truncate -s 0 big.bin",
  "truncate -s +1M big.bin",
  "truncate -s 60M sparse.img",
  "dd if=/dev/zero of=big.bin bs=1M count=8 conv=notrunc status=none",
  "dd if=/dev/urandom of=src/new.bin bs=1M count=12 status=none",
  "shred -n 1 -u secret.txt",
  "split -b 100000 big.bin part- && rm big.bin",
  "gzip -9 README.md && tar czf all.tgz src && rm -r src",
  "tar xf archive.tar --overwrite --strip-components=1",
  "python3 -c \"import os; [os.truncate(os.path.join('src', f), 1) for f in os.listdir('src') if os.path.isfile(os.path.join('src', f))]\"",
  // moving
  "mv src lib",
  "mv README.md src/deep/",
  "mv src/a.js src/b.js",
  "mv src/a.js x && mv src/b.js src/a.js && mv x src/b.js",
  "mv src/a.js src/A.js",
  "mkdir old && mv [a-z]*[!d] old/ 2>/dev/null; true",
  "cp -a src copy && rm -rf src",
  "cp -f README.md src/a.js",
  "install -m 777 README.md src/run.sh",
  "rsync -a --delete empty/ src/ 2>/dev/null || rm -rf src/*",
  // one kind for another
  "rm README.md && mkdir README.md && touch README.md/inside",
  "rm -r src && echo 'a file now' > src",
  "rm -r src && ln -s /etc src",
  "ln -sfn / link-to-folder",
  "ln -sf ../../../../../../etc/passwd link-to-file",
  "rm link-to-folder && mkdir link-to-folder && touch link-to-folder/x",
  "mv src real && ln -s real src && rm -rf src/deep",
  "mkfifo src/pipe; rm -f src/pipe src/a.js",
  // modes and links
  "chmod -R 777 .",
  "chmod 000 README.md src/deep",
  "chmod -x src/run.sh; chmod u+s src/b.js; chmod 1700 empty",
  "chmod -R a-w src",
  "ln -f README.md src/a.js",
  "sed -i s/shared/parted/ hard-one",
  "echo changed > hard-one",
  "rm hard-one hard-two",
  // git
  "git reset -q --hard HEAD~1",
  "git reset -q --hard && git clean -qfdx",
  "git checkout -q -- . && git clean -qfd",
  "git checkout -q HEAD~1 -- src",
  "echo dirty >> README.md; git stash -q; git stash drop -q; rm -f crlf.txt",
  "git switch -q -f other",
  "git clean -qffdx",
  "git -C nested reset -q --hard HEAD~1",
  "rm -rf nested",
  "rm -rf nested/.git",
  "rm -rf module && git submodule -q deinit -f module",
  "git init -q src && git -C src add . && rm -f src/a.js",
  "printf -- '--- a/README.md\\n+++ b/README.md\\n@@ -1,2 +1 @@\\n-read\\n me\\n' | git apply",
  // names
  "rm -f $'latin-\\xe9' 'with blank' 'with\nnewline' -- '-rf'",
  "for n in $'\\xff\\xfe' 'tab\there' '\"quoted\"' 'ünï'; do echo x > \"made $n\"; done; mv 'with blank' $'moved \\xe9'",
  "mkdir -p $(printf 'd/%.0s' $(seq 60)) && touch $(printf 'd/%.0s' $(seq 60))bottom",
  "rm -rf node_modules .env; echo X=1 > .env.new",
  "for i in $(seq 500); do echo $i > gen-$i.txt; done; rm -rf src",
];

/** What takes the repository's own folder along. */
export const DESTRUCTIVE_OF_HISTORY: readonly string[] = [
  "rm -rf .git",
  "rm -rf .git/*",
  "rm -rf -- * .[!.]*",
  'rm -rf "$PWD"',
  "find . -delete",
  "find . -type f -delete",
  "find . -type d -name .git -prune -exec rm -rf {} +",
  "git clean -qffdx; rm -rf .git src",
  "mv .git elsewhere",
  'd=$PWD; cd /; mv "$d" "$d.moved"; rm -rf "$d.moved"',
  'd=$PWD; cd /; mv "$d" "$d.moved"; mkdir "$d"; cp -a "$d.moved/src" "$d"; rm -rf "$d.moved"',
  "mkdir sub; mv [a-z]*.* src .git sub/",
  "python3 -c \"import shutil; shutil.rmtree('.git'); shutil.rmtree('src')\"",
];

/** A repository with everything that is hard to bring back, armed so that whatever of it runs leaves a mark. */
export const MAKE_PROJECT = `
set -e
git init -q -b main
git config user.name T; git config user.email t@example.invalid; git config protocol.file.allow always
mkdir -p src/deep empty empty-deep/one/two node_modules/x
echo one > src/a.js; echo two > src/b.js; echo three > src/deep/c.js; printf '#!/bin/sh\\n' > src/run.sh; chmod 755 src/run.sh
printf 'read\\nme\\n' > README.md; printf 'a\\r\\nb\\r\\n' > crlf.txt
head -c 3000000 /dev/urandom > big.bin
git add -A; git commit -qm first; echo 1b > src/a.js; git commit -qam second; git branch other HEAD~1
printf '*.js filter=mark ident\\n*.txt eol=lf text working-tree-encoding=UTF-16\\n*.bin filter=lfs\\n' > .gitattributes
git init -q nested; (cd nested; git config user.name T; git config user.email t@e.invalid; echo n > n; git add n; git commit -qm n1; echo m >> n; git commit -qam n2)
git -c protocol.file.allow=always submodule -q add ./nested module 2>/dev/null || { git init -q module; echo m > module/m; }
printf '$Id$\\r\\nmixed\\n' > src/ident.js
ln -s README.md link-to-file; ln -s src link-to-folder; ln -s nowhere dangling
echo shared > hard-one; ln hard-one hard-two
echo s3cret > secret.txt; chmod 600 secret.txt; echo TOKEN=x > .env; printf 'node_modules\\n.env\\n' > .gitignore; echo y > node_modules/x/i.js
echo staged > staged.txt; git add staged.txt src/ident.js 2>/dev/null || true; echo more >> staged.txt
echo w > stashed.txt; git stash push -q -u stashed.txt 2>/dev/null || true
tar cf archive.tar src README.md
printf l > $'latin-\\xe9'; printf b > 'with blank'; printf n > $'with\\nnewline'; printf r > ./-rf
printf '#!/bin/sh\\necho ran >> "$(git rev-parse --git-dir)/mark"\\ncat\\n' > .git/arm.sh; chmod +x .git/arm.sh
`;

/** Settings and hooks that run a program; armed after the command, so that only the undo can set them off. */
export const ARM = `
set -e
for k in filter.mark.clean filter.mark.smudge filter.lfs.clean filter.lfs.smudge filter.lfs.process core.fsmonitor diff.external; do git config "$k" "$PWD/.git/arm.sh"; done
mkdir -p .git/hooks
for h in post-checkout post-index-change pre-commit reference-transaction fsmonitor-watchman; do cp .git/arm.sh .git/hooks/$h; done
rm -f .git/mark
`;
