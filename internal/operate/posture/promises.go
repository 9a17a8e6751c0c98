package posture

import "context"

// check is something to look at. Several promises may depend on the same check.
type check struct {
	name string
	run  func(ctx context.Context, c *cloud, f *findings)
}

var (
	apisCheck       = check{"APIs enabled", apisEnabled}
	imagesCheck     = check{"images", images}
	programsCheck   = check{"own programs", ownPrograms}
	servicesCheck   = check{"other services", otherServices}
	jobsCheck       = check{"other jobs", otherJobs}
	disksCheck      = check{"no disks", noDisks}
	ownCheck        = check{"accounts of the services", ownAccounts}
	waysCheck       = check{"ways in", waysIn}
	invokersCheck   = check{"callers of tasks", invokers}
	httpsCheck      = check{"https", httpsOnly}
	redirectsCheck  = check{"nothing redirected", nothingRedirected}
	plainCheck      = check{"no plain secrets", noPlainSecrets}
	namedCheck      = check{"databases in use", namedDatabases}
	namedKeyCheck   = check{"key in use", namedKey}
	costCheck       = check{"cost of passwords", passwordCost}
	sessionsCheck   = check{"length of sessions", sessionsEnd}
	nativeCheck     = check{"databases", databasesNative}
	othersCheck     = check{"other databases", otherDatabases}
	copiesCheck     = check{"other backups", otherBackups}
	dbKeyCheck      = check{"databases encrypted", databasesEncrypted}
	protectedCheck  = check{"databases protected", databasesProtected}
	recoveryCheck   = check{"recovery", contentRecoverable}
	expiryCheck     = check{"time to live", expiring}
	unindexedCheck  = check{"index exemptions", unindexed}
	schedulesCheck  = check{"backup schedules", backedUp}
	madeCheck       = check{"backups made", backupsMade}
	forgottenCheck  = check{"keys forgotten", keysForgotten}
	keysCheck       = check{"keys", keysSound}
	topicKeyCheck   = check{"topics encrypted", topicsEncrypted}
	imageKeyCheck   = check{"images encrypted", imagesEncrypted}
	secretKeyCheck  = check{"secrets encrypted", secretsEncrypted}
	secretsCheck    = check{"secrets in use", secretsThere}
	logKeyCheck     = check{"trail encrypted", trailEncrypted}
	keptCheck       = check{"trail kept", trailKept}
	routedCheck     = check{"trail routed", trailRouted}
	elsewhereCheck  = check{"trail nowhere else", trailNowhereElse}
	viewsCheck      = check{"views of the trail", trailViews}
	looksCheck      = check{"looks logged", looksLogged}
	writableCheck   = check{"trail writable", trailWritable}
	signedCheck     = check{"trail signed", trailSigned}
	wholeCheck      = check{"trails whole", trailsWhole}
	fileKeyCheck    = check{"files encrypted", filesEncrypted}
	fileClosedCheck = check{"files closed", filesClosed}
	fileGoneCheck   = check{"files forgotten", filesForgotten}
	fileKeptCheck   = check{"files kept", filesKept}
	projectCheck    = check{"roles on the project", projectRoles}
	ownRoleCheck    = check{"a role of our own", ownRoleNarrow}
	resourceCheck   = check{"roles on resources", resourceRoles}
	publicCheck     = check{"nothing public", nobodyPublic}
	mirrorCheck     = check{"the public copy", mirrorSound}
	bucketsCheck    = check{"other buckets", otherBuckets}
	closedCheck     = check{"databases closed", databaseClosed}
	keylessCheck    = check{"no keys of accounts", accountsKeyless}
	pushesCheck     = check{"pushes proved", pushesProved}
	tasksCheck      = check{"tasks arrive", tasksArrive}
	readersCheck    = check{"readers of topics", topicReaders}
	ticksCheck      = check{"ticks", ticks}
	watchedCheck    = check{"alerts", watched}
	toldCheck       = check{"somebody told", somebodyTold}
	countedCheck    = check{"log metrics", counted}
	uptimeCheck     = check{"uptime check", uptime}
	recentCheck     = check{"controls watched", controlsVisited}
)

// promise is one that the cloud's configuration decides, at least in part.
type promise struct {
	id, title    string
	sees, beyond string
	checks       []check
}

var encryption = []check{dbKeyCheck, namedCheck, fileKeyCheck, logKeyCheck, topicKeyCheck, secretKeyCheck,
	imageKeyCheck, keysCheck, namedKeyCheck, unindexedCheck}

const (
	notTLS = "Which TLS versions are spoken is Google's front's and, where there is one, the load balancer's policy; " +
		"the product's own redirects and headers are tested in the code."
	notNow = "What is in an image is the build's to say; older revisions are looked at as long as they can be called."
	notApp = "That the product does what it is to do with it is tested in the code."
)

// promises are in the order of the published list.
var promises = []promise{
	{"T1", "Newer versions run on Google Cloud", "The services, their APIs, where the data lies, and that no disk " +
		"is mounted.", notNow,
		[]check{apisCheck, imagesCheck, programsCheck, disksCheck, nativeCheck, namedCheck, othersCheck}},
	{"T2", "Access only over a secured connection", "The public address, what the check from outside speaks, and " +
		"that nothing leads calls elsewhere.", notTLS,
		[]check{httpsCheck, uptimeCheck, redirectsCheck}},
	{"T4", "Passwords are stored salted and hashed", "The cost that is configured, and the pepper's place.",
		"The hashing itself is tested in the code.",
		[]check{costCheck, secretsCheck}},
	{"T6", "Access on a need-to-know basis, at the minimum level", "Who has which role on the project and on each " +
		"resource, what runs as whose account, who reads the topics, and keys of accounts.",
		"Roles on folders and the organization are inherited and cannot be read from the project. Functions of the " +
			"first generation and machines are not looked at; who may let them run as an account of ours is. There " +
			"is no access of staff in the product: whoever signs in is a member of a workspace, or sees none.",
		[]check{projectCheck, ownRoleCheck, resourceCheck, ownCheck, keylessCheck, closedCheck, programsCheck,
			servicesCheck, jobsCheck, readersCheck, viewsCheck}},
	{"T7", "All traffic encrypted at all times; all user data encrypted at rest",
		"The keys, under which each store lies, and that traffic goes to Google's and the services' own addresses.",
		"That bodies are sealed with their workspace's own key is tested in the code. " + notTLS,
		append(append([]check{}, encryption...), othersCheck, redirectsCheck, pushesCheck, httpsCheck)},
	{"T8", "In a breach every user is told at the primary e-mail", "That jobs are delivered, tried again and put " +
		"aside, each minute.", "Everything about incidents and their mail is the product's.",
		[]check{tasksCheck, ticksCheck, secretsCheck}},
	{"T9", "All actions are logged; detailed audits for the prior fourteen days",
		"The trail's bucket, its way there, that it is nowhere else, the key of its checkpoints and who can sign " +
			"with it, that looks past the product are logged, and that old entries end.",
		"That every action leaves an entry before it takes effect is tested in the code. Other places that a log may " +
			"be sent to by a sink of a folder or the organization are not seen.",
		[]check{keptCheck, logKeyCheck, routedCheck, elsewhereCheck, viewsCheck, looksCheck, writableCheck, signedCheck,
			wholeCheck, expiryCheck}},
	{"T13", "Information is deleted on request, in part or in whole", "How long backups hold what was removed, and " +
		"that jobs are woken and not lost.", "That what is removed does not come back is tested in the code.",
		[]check{forgottenCheck, othersCheck, copiesCheck, fileGoneCheck, expiryCheck, tasksCheck, ticksCheck}},
	{"G1", "Application in containers behind a front", "The services, their images and their ways in.",
		"What is in an image is the build's: SBOM, scan and provenance.",
		[]check{imagesCheck, programsCheck, waysCheck}},
	{"G2", "The database is not on the web server's disk", "Where the databases are, which ones the services use, " +
		"and that no disk is mounted.", notNow,
		[]check{nativeCheck, namedCheck, disksCheck}},
	{"G3", "Attachments in encrypted storage", "The bucket's key, place, access and rules.",
		"What is in a file, and its own seal, is the product's.",
		[]check{fileKeyCheck, fileClosedCheck, fileKeptCheck}},
	{"G5", "Public access only on HTTP/HTTPS to the web application; the database is closed to the internet",
		"Ways in, callers, everything that is for everybody, and who reaches the databases.",
		"Roles on folders and the organization are inherited and cannot be read from the project.",
		[]check{waysCheck, invokersCheck, publicCheck, mirrorCheck, bucketsCheck, fileClosedCheck, closedCheck,
			pushesCheck, servicesCheck}},
	{"G9", "Passwords: bcrypt hashes only; administrators cannot read them",
		"The cost that is configured, and who may read the pepper.",
		"That nothing else is stored is tested in the code.",
		[]check{costCheck, secretsCheck, resourceCheck}},
	{"G12", "Session tokens: signed JWT with configurable expiry", "The signing keys' secret, who may read it, and " +
		"the lengths that are configured.", "Signing, checking and revoking are tested in the code.",
		[]check{secretsCheck, secretKeyCheck, resourceCheck, sessionsCheck, plainCheck}},
	{"G13", "HTTPS required for production domains", "The public address, and what the check from outside speaks.",
		notTLS,
		[]check{httpsCheck, uptimeCheck}},
	{"G14", "Database connections use TLS", "That nothing leads the services' calls elsewhere or changes whom " +
		"they trust.", "Google's clients speak TLS only, and the services refuse to start with another endpoint; " +
		"that is tested in the code.",
		[]check{redirectsCheck, namedCheck}},
	{"G15", "The database is encrypted at rest by default", "The key of each database, and the key's own state.",
		"Google's encryption below it is Google's to prove.",
		[]check{dbKeyCheck, keysCheck, namedCheck, othersCheck}},
	{"G16", "Automated backups and retention policies", "Schedules, backups that were made, recovery to a point in " +
		"time, and protection against deletion.", "Whether a backup can be restored is shown by the restore drill.",
		[]check{schedulesCheck, madeCheck, recoveryCheck, protectedCheck, fileKeptCheck}},
	{"G19", "Incidents are investigated and affected workspace admins are notified promptly",
		"That alerts are on and tell somebody, and that there are logs to investigate.",
		"Investigating and telling is the product's.",
		[]check{watchedCheck, toldCheck, countedCheck, uptimeCheck, recentCheck, looksCheck}},
	{"O1", "All traffic over HTTPS/TLS", "The public address, pushes, and that nothing leads calls elsewhere.", notTLS,
		[]check{httpsCheck, uptimeCheck, pushesCheck, redirectsCheck}},
	{"O2", "Database and object storage encrypted at rest",
		"The keys of databases and bucket, and the keys' own state.", "The product puts no file into the bucket yet. " +
			"Google's encryption below it is Google's to prove.",
		[]check{dbKeyCheck, fileKeyCheck, keysCheck, namedCheck, othersCheck}},
	{"O3", "Private networking for the database", "Who reaches the databases by a role on the project, and that no " +
		"proxy stands between.",
		"Calls from Cloud Run to Firestore stay in Google's network. A VPC Service Controls perimeter and " +
			"organization policies lie above the project and cannot be read from it.",
		[]check{closedCheck, redirectsCheck, namedCheck}},
	{"O4", "Secrets are kept as environment secrets, never committed",
		"That no variable holds a secret, where secrets lie, who may read them, and that no account has a " +
			"key in a file.", "That none is in the code is looked at by .ci/run before a change lands.",
		[]check{plainCheck, secretsCheck, secretKeyCheck, resourceCheck, keylessCheck}},
	{"O7", "Admin sign-ins and privileged actions are in an audit log", "That looks and changes past the product are " +
		"logged, kept and noticed.", notApp,
		[]check{looksCheck, routedCheck, keptCheck, watchedCheck}},
	{"O10", "Data is deleted within 48 hours of uninstall", "That jobs with deadlines are woken each minute and " +
		"are not lost.", "What is purged and by when is the product's.",
		[]check{ticksCheck, tasksCheck}},
	{"O12", "Incident response: detect & triage", "That alerts are on and tell somebody.",
		"The stages after detection are the product's.",
		[]check{watchedCheck, toldCheck, countedCheck, uptimeCheck, recentCheck}},
}

// elsewhere are the promises that no check of the cloud can see anything of.
var elsewhere = []Elsewhere{
	{ID: "T3", Why: "The password policy is code."},
	{ID: "T5", Why: "Audiences are decided at the product's gate."},
	{ID: "T10", Why: "Scopes, tokens and revocations are the product's."},
	{ID: "T11", Why: "What a bank is asked for is code."},
	{ID: "T12", Why: "Consent and payments are the product's."},
	{ID: "G4", Why: "Payments and the refusal of card numbers are code."},
	{ID: "G6", Why: "A support panel and who may open it are the product's."},
	{ID: "G7", Why: "What production answers is code."},
	{ID: "G8", Why: "Isolation of workspaces is the gate's and the seal's."},
	{ID: "G10", Why: "Roles in a workspace are the product's matrix."},
	{ID: "G11", Why: "The audit page is the product's; where its entries go is looked at under T9."},
	{ID: "G17", Why: "Export is the product's."},
	{ID: "G18", Why: "A list of subprocessors is the product's."},
	{ID: "G20", Why: "Helping customers to keep their side is the product's."},
	{ID: "O5", Why: "Shopify's scopes are code."},
	{ID: "O6", Why: "A support panel and signing in to it are the product's."},
	{ID: "O8", Why: "How tokens of a vendor are kept and used is code."},
	{ID: "O9", Why: "A list of subprocessors is the product's."},
	{ID: "O11", Why: "Webhooks are the product's."},
	{ID: "O13", Why: "How reports of weaknesses come in is the product's."},
	{ID: "O14", Why: "Finding the people affected is the product's."},
}
